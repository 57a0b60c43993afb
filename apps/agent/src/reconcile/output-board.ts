import type { Outputs } from '../store';
import type { Output } from './driver.port';

/** What drivers have published. It is durable, so that a restarted agent does not plan without it. */
export class OutputBoard {
  private readonly texts: Map<string, string>;

  constructor(private readonly outputs: Outputs) {
    this.texts = outputs.all();
  }

  get(uid: string): Output | undefined {
    const text = this.texts.get(uid);
    return text === undefined ? undefined : (JSON.parse(text) as Output);
  }

  /** True when it changed, and is durable. */
  publish(uid: string, output: Output | undefined): boolean {
    const text = output && JSON.stringify(output);
    if (this.texts.get(uid) === text) return false;
    this.outputs.put(uid, text);
    if (text === undefined) this.texts.delete(uid);
    else this.texts.set(uid, text);
    return true;
  }

  forget(uid: string): void {
    this.texts.delete(uid);
  }
}
