import { useState } from 'react';

/**
 * What was there last under a key: a form stays open over a resource that somebody deletes meanwhile.
 */
export function useLastKnown<Value>(key: string, value: Value | undefined): Value | undefined {
  const [known, setKnown] = useState({ key, value });
  if (value !== undefined && value !== known.value) setKnown({ key, value });
  return value ?? (known.key === key ? known.value : undefined);
}
