export { LOCKED_EXIT_CODE, StoreLocked } from './database';
export { judgeOffer, NO_FENCE, sameBytes, type Fence, type Judgement } from './fence';
export { isEnd } from './journal';
export { openMemoryStore, openStore } from './sqlite-store';
export type * from './store.port';
export { requireValid, type BodyRules } from './body-rules.port';
export { RulesThread } from './rules-thread';
export { judgeManifest, sha256Of, type JudgeInput, type ManifestRefusal } from './manifest-judge';
export { unknownFieldsWithin } from './messages';
