import { parentPort } from 'node:worker_threads';
import { messageOf } from '@ostler/kernel';
import { createBodyRules } from './body-rules';
import type { RulesAnswer, RulesQuestion } from './rules-message';

// The entry of the thread that RulesThread starts.
const rules = createBodyRules();

parentPort?.on('message', ({ id, body }: RulesQuestion) => {
  rules.violations(body).then(
    (violations) => parentPort?.postMessage({ id, violations } satisfies RulesAnswer),
    (error: unknown) =>
      parentPort?.postMessage({ id, violations: [], error: messageOf(error) } satisfies RulesAnswer),
  );
});
