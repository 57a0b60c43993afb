/** Where the target keeps what. Everything below one folder of the agent's. */
export interface Layout {
  readonly folder: string;
  readonly generations: string;
  readonly sites: string;
  readonly logs: string;
  readonly challenges: string;
  readonly empty: string;
  readonly journal: string;
  readonly probeSecret: string;
}

export function layoutOf(folder: string): Layout {
  return {
    folder,
    generations: `${folder}/generations`,
    sites: `${folder}/sites`,
    logs: `${folder}/logs`,
    challenges: `${folder}/challenges`,
    empty: `${folder}/empty`,
    journal: `${folder}/journal.json`,
    probeSecret: `${folder}/probe-secret`,
  };
}

export function generationPath(layout: Layout, generation: string): string {
  return `${layout.generations}/${generation}.conf`;
}

/** Content-addressed: what is in it never changes, so generations share it. */
export function sitePath(layout: Layout, uid: string, digest: string): string {
  return `${layout.sites}/${uid}/${digest}`;
}

/** Uid of the site whose file nginx names in a message. */
export function uidInPath(layout: Layout, text: string): string | undefined {
  const start = text.indexOf(`${layout.sites}/`);
  return start < 0 ? undefined : text.slice(start + layout.sites.length + 1).split('/')[0];
}
