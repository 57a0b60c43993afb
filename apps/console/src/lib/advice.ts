/**
 * The next step for a reason, where the message of the server cannot know it: what to press here. A reason
 * that is not listed speaks for itself in its message.
 */
const advice: Readonly<Record<string, string>> = {
  SERVER_UNREACHABLE: 'look at the server’s page; when its agent is back, this goes on by itself.',
  CONFIGURATION_REFUSED:
    'edit the site; the plan beside the form tests the change on the server before it is applied.',
  CAPABILITY_MISSING: 'open the server’s page, which says what is missing and how to get it.',
  CERTIFICATE_MISSING: 'open the certificate: the site serves plain HTTP until it is there.',
  REFERENCE_MISSING: 'create what it refers to, or edit the reference.',
  UPSTREAM_UNHEALTHY: 'look at the upstream’s own log; it is taken back as soon as it answers.',
  CHANGED_BY_HAND: 'see the tab Drift for the difference.',
  RENEWAL_FAILED: 'correct the cause; renewal is tried again by itself.',
};

export function adviceFor(reason: string): string | undefined {
  return advice[reason];
}
