/**
 * Sends a signal to a process, or to a process group when `pid` is negative, as kill(2) does. One that is gone
 * already is fine. @throws Error of kill(2) for a process of someone else.
 */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: gone. EPERM: on macOS the answer for a group that holds only zombies.
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
  }
}
