import { idleLiveState, type LiveWatch, type Ostler, type WatchLiveOptions } from '@ostler/sdk';

/** A live stream of this page alone, for pages without a hub; its code is loaded when there is one. */
export function watchAlone(ostler: Ostler, options: Omit<WatchLiveOptions, 'topics'>): LiveWatch {
  let watch: LiveWatch | undefined;
  let isStopped = false;
  void import('./watch-every-topic').then(({ watchEveryTopic }) => {
    if (!isStopped) watch = watchEveryTopic(ostler, options);
  });
  return {
    get state() {
      return watch?.state ?? idleLiveState;
    },
    retryNow: () => watch?.retryNow(),
    stop: () => {
      isStopped = true;
      watch?.stop();
    },
  };
}
