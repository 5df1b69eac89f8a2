/** What the page offers to the test: the names of the cases, and a way to run one. */
import type { Environment } from './cases.js';
import { clientCases } from './client-cases.js';
import { reactCases } from './react-cases.js';

declare global {
  interface Window {
    /** provided by the test */
    cutConnections: () => Promise<void>;
    runCase: (name: string) => Promise<string>;
    caseNames: readonly string[];
  }
}

const cases = { ...clientCases, ...reactCases };
const environment: Environment = { cutConnections: () => window.cutConnections() };

window.caseNames = Object.keys(cases);
window.runCase = async (name) => {
  try {
    await cases[name]?.(environment);
    return 'passed';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error);
  }
};
