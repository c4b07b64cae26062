/**
 * Sums up one project's `jest --json`. A spec file that could not even be loaded counts as one failure; so does a run
 * that left no results behind (`undefined`) or ended badly without a failing test.
 */
export function sumUp(project, results, status) {
  if (!results)
    return {
      passed: 0,
      failed: 1,
      skipped: [],
      failures: [`${project}: ended with status ${status} and left no results`],
    };
  const tests = results.testResults.flatMap((file) => file.assertionResults);
  const failures = [
    ...tests.filter((test) => test.status === 'failed').map((test) => `${project}: ${test.fullName}`),
    ...results.testResults
      .filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'))
      .map((file) => `${project}: ${file.name} did not run to its end`),
  ];
  if (failures.length === 0 && !results.success)
    failures.push(`${project}: jest was not satisfied, see its output above`);
  const skipped = tests.filter((test) => test.status === 'pending' || test.status === 'todo');
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failures.length,
    skipped: skipped.map((test) => `${project}: ${test.ancestorTitles[0] ?? test.title}`),
    failures,
  };
}

/** The one plain line that everything ends with. */
export function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
