/**
 * On every pod of ours; its value says for whom the pod works. Pods of all kinds are watched by it, with one watch, and so
 * are the EndpointSlices of a Service that has it.
 */
export const servesLabel = "mcp.moorage.dev/serves";
