export {
  type Blocked,
  type ClusterView,
  type Controller,
  type Index,
  index,
  type ListQuery,
  type Watch,
  watch,
} from "./controller.ts";
export {
  desired,
  invalid,
  notReady,
  type Outcome,
  type OutcomeEvent,
  progressing,
  ready,
  TerminalError,
  waiting,
} from "./outcome.ts";
