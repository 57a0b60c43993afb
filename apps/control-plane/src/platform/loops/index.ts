export { type Loop, Loops } from './loops';
