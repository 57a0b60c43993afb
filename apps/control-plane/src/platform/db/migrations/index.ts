import { Base0001 } from './0001-base';
import { Engine0002 } from './0002-engine';
import { Link0003 } from './0003-link';
import { EngineStatus0004 } from './0004-engine-status';
import { Fleet0005 } from './0005-fleet';
import { BrowserSignIn0006 } from './0006-browser-sign-in';
import { Traces0007 } from './0007-traces';

/** In order. A room adds files with the next number and its own name: 0002-engine.ts. */
export const migrations = [
  Base0001,
  Engine0002,
  Link0003,
  EngineStatus0004,
  Fleet0005,
  BrowserSignIn0006,
  Traces0007,
];
