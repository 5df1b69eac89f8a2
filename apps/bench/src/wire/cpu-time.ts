/** How much processor time a process has had, exact to the microsecond where the system tells. */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** Seconds of all threads of a process; NaN where the system does not tell. */
export function cpuSeconds(pid: number): number {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    }
    if (nanoseconds > 0) return nanoseconds / 1e9;
    return fromStat(pid);
  } catch {
    return fromStat(pid);
  }
}

function fromStat(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return NaN;
  }
}

/** Kibibytes of memory that a process has in use; NaN where the system does not tell. */
export function residentKib(pid: number): number {
  try {
    const found = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return Number(found?.[1]);
  } catch {
    return NaN;
  }
}
