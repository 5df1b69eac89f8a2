/** What the audience sees: the demo's lines in the terminal. Owns layout and colour, knows no story. */
import { styleText } from 'node:util';
import type { Step } from './backstage.js';

type Style = Parameters<typeof styleText>[0];

const coloured =
  process.env['NO_COLOR'] === undefined && (process.stdout.isTTY || process.env['FORCE_COLOR'] !== undefined);

function paint(style: Style, text: string): string {
  return coloured ? styleText(style, text) : text;
}

function line(text = ''): void {
  process.stdout.write(`${text}\n`);
}

export function title(text: string, subtitle: string): void {
  line();
  line(`  ${paint('bold', text)}`);
  line(`  ${paint('dim', subtitle)}`);
}

export function act(text: string): void {
  line();
  line(`  ${paint(['bold', 'cyan'], text)}`);
}

export function member(name: string, serialization: string, note: string): void {
  line(
    `  ${paint('green', '●')} ${name.padEnd(12)} ${paint('yellow', serialization.padEnd(8))} ${paint('dim', note)}`,
  );
}

export function step({ call, outcome, invoked, why, ok }: Step): void {
  const mark = ok ? paint('green', '✓') : paint('red', '✗');
  line(`  ${mark} ${call.padEnd(34)} → ${paint('bold', invoked.padEnd(12))} ${outcome}`);
  line(`    ${paint('dim', why)}`);
}

export function remark(text: string): void {
  line(`    ${paint('magenta', text)}`);
}

export function check(text: string, ok: boolean): void {
  line(`  ${ok ? paint('green', '✓') : paint('red', '✗')} ${text}`);
}

export function curtain(ok: boolean, text: string): void {
  line();
  line(`  ${paint(ok ? ['bold', 'green'] : ['bold', 'red'], text)}`);
  line();
}
