/** One place that the search can lead to. */
export interface SearchEntry {
  /** From the root of the site, with the anchor. */
  readonly address: string;
  readonly page: string;
  readonly heading: string;
  readonly text: string;
}
