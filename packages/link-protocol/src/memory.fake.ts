// For tests of whoever speaks on a lane: the lane itself, and either end, in memory.
export * from './memory-ends.fake';
export * from './memory-link.fake';
