import { type LiveWatch, type Ostler, watchLive, type WatchLiveOptions } from '@ostler/sdk';
import { EVERY_TOPIC } from './hub/every-topic';

export function watchEveryTopic(ostler: Ostler, options: Omit<WatchLiveOptions, 'topics'>): LiveWatch {
  return watchLive(ostler, { ...options, topics: EVERY_TOPIC });
}
