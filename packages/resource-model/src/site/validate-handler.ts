import type { FastCgi, Handler, Proxy, Redirect, StaticFiles } from '@ostler/contracts';

import { demand, type Problems } from '../problems';
import { hostHeader } from '../text/hosts';
import { fastCgiSocket, locationPath, serverFolder } from '../text/paths';
import { redirectTarget } from '../text/urls';
import { validateRequestHeaders } from './validate-headers';

/** How requests are answered; `upstreams` are the names that the site defines. */
export function validateHandler(
  handler: Handler | undefined,
  upstreams: ReadonlySet<string>,
  problems: Problems,
): void {
  const answer = handler?.answer;
  switch (answer?.case) {
    case 'staticFiles':
      return validateStatic(answer.value, problems.at('staticFiles'));
    case 'proxy':
      return validateProxy(answer.value, upstreams, problems.at('proxy'));
    case 'fastcgi':
      return validateFastCgi(answer.value, problems.at('fastcgi'));
    case 'redirect':
      return validateRedirect(answer.value, problems.at('redirect'));
    case 'fixedResponse':
      if (answer.value.body.includes('\0'))
        problems.add('fixedResponse.body', 'BAD_CHARACTER', 'may not contain NUL');
      if (answer.value.body !== '' && [204, 304].includes(answer.value.status)) {
        problems.add(
          'fixedResponse.body',
          'NO_BODY',
          `a response with status ${answer.value.status} has no body`,
        );
      }
      return;
    case undefined:
      return;
  }
}

function validateStatic(files: StaticFiles, problems: Problems): void {
  if (files.root !== '') demand(problems, 'root', serverFolder(files.root));
  if (files.fallback !== '') demand(problems, 'fallback', locationPath(files.fallback));
  for (const [index, name] of files.index.entries()) {
    if (files.index.indexOf(name) < index) problems.add(`index[${index}]`, 'DUPLICATE', `repeats ${name}`);
  }
}

function validateProxy(proxy: Proxy, upstreams: ReadonlySet<string>, problems: Problems): void {
  if (!upstreams.has(proxy.upstream)) {
    const known =
      upstreams.size > 0 ? `this site defines ${[...upstreams].join(', ')}` : 'this site defines none';
    problems.add(
      'upstream',
      'UNKNOWN_UPSTREAM',
      `names no upstream of this site (${known}); add it to upstreams`,
    );
  }
  if (proxy.host !== '') demand(problems, 'host', hostHeader(proxy.host));
  validateRequestHeaders(proxy.requestHeaders, problems, 'requestHeaders');
}

function validateFastCgi(fastcgi: FastCgi, problems: Problems): void {
  demand(problems, 'socket', fastCgiSocket(fastcgi.socket));
  demand(problems, 'root', serverFolder(fastcgi.root));
}

function validateRedirect(redirect: Redirect, problems: Problems): void {
  if (!demand(problems, 'target', redirectTarget(redirect.target))) return;
  if (redirect.keepPath && /[?#]/.test(redirect.target)) {
    problems.add('target', 'BAD_URL', 'may not have a query or fragment while keepPath appends the path');
  }
}
