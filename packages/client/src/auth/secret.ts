/** A secret of the application, or the function that fetches it each time that it is needed. */
export type Secret = string | (() => string | Promise<string>);

/** @throws what the function throws */
export async function reveal(secret: Secret): Promise<string> {
  return typeof secret === 'string' ? secret : secret();
}
