/** The outcome of `work`, or undefined when it fails with the system error `code`, for example `ENOENT`. */
export async function optional<T>(work: Promise<T>, code: string): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === code) return undefined;
    throw error;
  });
}
