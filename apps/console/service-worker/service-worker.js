/// <reference lib="webworker" />
// The shell of the console for when the control plane does not answer: its page, scripts, styles and fonts,
// and nothing else. What the control plane says is never kept: it would be shown as if it were true.
// Written by the build: the files of this console, and a name that changes with any of them.
const FILES = __FILES__;
const VERSION = __VERSION__;

const PREFIX = 'ostler-shell-';
const CACHE = PREFIX + VERSION;
const PAGE = '/index.html';
/** A control plane that takes a connection and says nothing is one that does not answer. */
const ANSWERS_WITHIN_MS = 5000;

/** Pages and files that are not the console's. */
const FOREIGN =
  /^\/(docs|api|agent|examples)(\/|$)|^\/(install\.sh|healthz|readyz|version|metrics|openapi[^/]*)$/;

self.addEventListener('install', (event) => {
  event.waitUntil(keepFiles());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOld());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || FOREIGN.test(url.pathname)) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(asset(request));
  else if (FILES.includes(url.pathname)) event.respondWith(newest(request));
});

async function keepFiles() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  // It answers as the one before did, so nobody has to close anything first.
  await self.skipWaiting();
}

/** The console before this one may still run in a tab, and ask for a part of itself: it keeps its files. */
async function forgetOld() {
  const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(ours.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The newest page there is; the kept one when the control plane does not answer. */
async function page(request) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWERS_WITHIN_MS);
  try {
    return await fetch(request, { signal: late.signal });
  } catch (error) {
    const kept = await caches.match(PAGE);
    if (kept) return kept;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A name that stays while its content changes. */
async function newest(request) {
  return fetch(request).catch(async (error) => {
    const kept = await caches.match(request);
    if (kept) return kept;
    throw error;
  });
}

/** Names under /assets/ hold a hash of the content: what was kept is right. */
async function asset(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}
