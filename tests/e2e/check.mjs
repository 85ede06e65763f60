// One line for each check, and a count at the end.

import { inspect } from "node:util";

const counts = { passed: 0, failed: 0 };
let onFailure = async () => {};

/** What to do when a check fails, with its number: a picture of the page, say. */
export const whenOneFails = (act) => {
  onFailure = act;
};

/** A check that fails does not keep the next from being made. */
export const check = async (what, body) => {
  try {
    await body();
    counts.passed += 1;
    console.log(`ok      ${what}`);
  } catch (error) {
    counts.failed += 1;
    const lines = inspect(error).split("\n").map((line) => `        ${line.slice(0, 200)}`);
    console.log([`FAILED  ${what}`, ...lines].join("\n"));
    await onFailure(counts.passed + counts.failed).catch(() => {});
  }
};

/** The last line, and the exit code. */
export const report = () => {
  console.log(`\nchecked ${counts.passed + counts.failed}, failed ${counts.failed}`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
};
