/** What a case may claim; a claim that does not hold fails the case. */

export class ClaimError extends Error {}

/** Compares by content. @throws ClaimError */
export function same(actual: unknown, expected: unknown): void {
  const [is, shouldBe] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== shouldBe) throw new ClaimError(`${is} is not ${shouldBe}`);
}

/** Waits until the work rejects. @returns the error, for a closer look */
export async function failure(work: Promise<unknown>): Promise<{ uri?: string; kwargs?: unknown }> {
  try {
    await work;
  } catch (error) {
    return error as { uri?: string };
  }
  throw new ClaimError('it did not fail');
}

/** Waits until something holds; the test that runs the case has a time limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}
