import { type Operation, Operation_State as State } from '@ostler/contracts';

const ENDED = new Set([State.SUCCEEDED, State.FAILED, State.CANCELLED, State.INTERRUPTED, State.EXPIRED]);

export const isEnded = ({ state }: Operation): boolean => ENDED.has(state);
