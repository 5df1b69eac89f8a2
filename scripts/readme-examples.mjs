/**
 * Finds the examples in Markdown that are meant to be run: ```ts blocks whose first line is `// runs`.
 * The same blocks are run by the tests (against the workspace) and by the package checks (against packed tarballs).
 */
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** @returns {{ line: number, code: string }[]} the runnable blocks of a Markdown file */
export function runnableExamples(file) {
  const examples = [];
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(/^```ts\n(\/\/ runs\n[\s\S]*?)^```$/gm)) {
    examples.push({ line: text.slice(0, match.index).split('\n').length, code: match[1] });
  }
  return examples;
}

/** TypeScript source to JavaScript that plain Node runs. */
export function toJavaScript(code) {
  return ts.transpileModule(code, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      verbatimModuleSyntax: true,
    },
  }).outputText;
}
