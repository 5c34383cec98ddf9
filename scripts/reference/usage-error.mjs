/** What the caller can put right: arguments, folders, missing programs. Exit code 2. */
export class UsageError extends Error {
  name = 'UsageError';
}
