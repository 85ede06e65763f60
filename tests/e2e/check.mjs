// Prints one line for each check, and the counts at the end.

import { inspect } from "node:util";

const counts = { passed: 0, failed: 0 };
let onFailure = async () => {};

/** Sets what to do when a check fails, for example a screenshot. It gets the number of the check. */
export const whenOneFails = (act) => {
  onFailure = act;
};

/** Runs one check. If it fails, the program continues with the next one. */
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

/** Prints the last line, and sets the exit code. */
export const report = () => {
  console.log(`\nchecked ${counts.passed + counts.failed}, failed ${counts.failed}`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
};
