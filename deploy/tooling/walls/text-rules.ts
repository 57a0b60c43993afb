/** A wall that only the text of a file can show. */
export interface TextRule {
  readonly name: string;
  readonly comment: string;
  /** Paths from the root of the repository that the rule looks at. */
  readonly files: RegExp;
  readonly except?: RegExp;
  readonly forbidden: RegExp;
}

const tests = /\.test\.tsx?$|\.contract\.ts$|\.fixture\.ts$|^e2e\/|^packages\/test-kit\/|^deploy\/tooling\//;
const config = /\/config\/|\.config\.ts$/;

export const textRules: readonly TextRule[] = [
  {
    name: '6-plans-take-no-time-and-no-chance',
    comment: 'Hand the time and the random value in.',
    files: /(\/plan|\/render|\.compile)\.ts$|\/(plan|render)\//,
    except: tests,
    forbidden:
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandom(UUID|Bytes)\(|\bset(Timeout|Interval)\(|\bfetch\(|\bprocess\./,
  },
  {
    name: '7-the-schema-changes-by-migration-only',
    comment: 'No synchronize, no lazy relations, no cascades.',
    files: /^apps\/control-plane\/src\/.*\.ts$/,
    except: tests,
    forbidden: /\b(synchronize|lazy|eager|cascade|dropSchema)\s*:\s*(true|\[)/,
  },
  {
    name: '8-only-config-reads-the-environment',
    comment: 'A setting has one reader, which checks it.',
    files: /^(apps|packages)\/.*\.tsx?$/,
    except: new RegExp(`${tests.source}|${config.source}`),
    forbidden:
      /\bprocess\s*\.\s*env\b|\bprocess\s*\[|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b|from 'node:process'/,
  },
  {
    name: '8-loops-take-time-from-the-kernel',
    comment: "A loop on the kernel's clock can be tested on a fake one.",
    files: /\.loop\.ts$/,
    forbidden: /\bDate\.now\(|\bnew Date\(\)|\bset(Timeout|Interval|Immediate)\(|timers\/promises/,
  },
  {
    name: '9-services-throw-app-errors',
    comment: 'An AppError has a reason that the wire, HTTP and the console can show.',
    files: /^apps\/control-plane\/src\/.*\.(service|rpc|admit)\.ts$/,
    forbidden: /\bthrow new (Error|TypeError|RangeError|ConnectError)\(/,
  },
  {
    name: '10-the-system-role-has-one-door',
    comment: 'asSystem(reason) is that door, and its reasons are listed in platform/db/system-reasons.ts.',
    files: /^apps\/control-plane\/src\/.*\.ts$/,
    except: new RegExp(`${tests.source}|^apps/control-plane/src/platform/db/`),
    forbidden:
      /\bostler_(system|app)\b|\bcreateQueryRunner\(|\bset\s+(local|session)\s+role\b|set_config\(.role\b/i,
  },
  {
    name: 'no-shell',
    comment: 'An absolute path and an argv array; operands after --.',
    files: /^(apps|packages)\/.*\.ts$/,
    except: tests,
    forbidden: /\bshell:\s*(true|')|\b(execSync|spawnSync|execFileSync)\(|'\/bin\/(sh|bash)'/,
  },
];
