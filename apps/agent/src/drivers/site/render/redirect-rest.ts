import { block, directive, template, variable } from '../../../targets/nginx';
import type { Place } from './handlers';
import type { Rendering } from './rendering';

/**
 * Name of a variable that holds what follows a location's path in the request, query included. It is cut from the
 * request as it was sent, so that nothing decoded can end the Location header; and it begins with `/` or `?` or is
 * empty, so that it cannot continue the host name of the target.
 */
export function redirectRest(place: Place, rendering: Rendering): string {
  const name = rendering.globalName('rest', place.path, place.exact ? 1 : 0);
  const capture = `${name}_part`;
  const rest = place.exact ? `\\?.*` : `[/?].*`;
  const pattern = `~*^${patternOf(place.path.replace(/\/$/, ''))}(?<${captureName(capture)}>${rest})$`;
  rendering.share(
    name,
    block(
      'map',
      [template(variable('request_uri')), template(variable(name))],
      [directive('default', ''), directive(pattern, template(variable(captureName(capture))))],
    ),
  );
  return name;
}

/** PCRE allows 32 characters for the name of a group. */
function captureName(name: string): string {
  return `rest_${name.replaceAll(/[^0-9a-f]/g, '').slice(-20)}`;
}

/** The path in percent form as a pattern in which every character stands for itself. */
function patternOf(path: string): string {
  return encodeURI(path).replaceAll(
    /[^A-Za-z0-9/_-]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
