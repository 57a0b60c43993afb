export { cleanUpLoop, type CleanUpStep } from './clean-up';
export { type Loop, Loops } from './loops';
