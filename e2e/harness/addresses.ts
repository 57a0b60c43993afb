/** The addresses of one link: ours is the end of the namespace, theirs the end of the server or of the machine. */
export interface LinkAddresses {
  readonly ours: string;
  readonly theirs: string;
  readonly ipv4Length: number;
  readonly ipv6Ours: string;
  readonly ipv6Theirs: string;
  readonly ipv6Length: number;
}

/** A /30 holds four addresses, so a slot's /24 has room for the machine (link 0) and 63 servers. */
export const LAST_LINK = 63;

/** Link 0 of a slot leads to the machine, links 1 to 63 to servers. The ranges are private ones (RFC 1918, RFC 4193). */
export function linkAddresses(slot: number, link: number): LinkAddresses {
  const ipv4 = (place: number) => `10.213.${slot}.${link * 4 + place}`;
  const ipv6 = (place: number) => `fd57:6c72:${slot.toString(16)}:${link.toString(16)}::${place}`;
  return {
    ours: ipv4(1),
    theirs: ipv4(2),
    ipv4Length: 30,
    ipv6Ours: ipv6(1),
    ipv6Theirs: ipv6(2),
    ipv6Length: 64,
  };
}

/** What the machine routes into the namespace of a slot. */
export function slotRanges(slot: number): { readonly ipv4: string; readonly ipv6: string } {
  return { ipv4: `10.213.${slot}.0/24`, ipv6: `fd57:6c72:${slot.toString(16)}::/48` };
}
