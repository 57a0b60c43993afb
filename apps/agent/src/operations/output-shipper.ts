import { create } from '@bufbuild/protobuf';
import { GapRecordSchema, OutputBatchSchema } from '@ostler/contracts';
import { Serial } from '@ostler/kernel';
import { failpoint } from '../failpoints';
import type { Files } from '../host/fs';
import type { Store } from '../store';

/** The most that one frame of the telemetry lane carries. */
const PIECE_BYTES = 65_536;
/** Output beyond this is counted and not sent. */
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * Moves output from its file into the spool, from byte 0 on. While the spool is full it waits: the file
 * holds what is not there yet. The frame and the cursor are one transaction, so no byte is sent twice or lost.
 */
export class OutputShipper {
  private readonly serial = new Serial();

  constructor(
    private readonly deps: {
      readonly files: Files;
      readonly store: Store;
      readonly shipped: () => void;
      readonly mostBytes?: number;
    },
  ) {}

  /** Ships what there is; true when all of `totalBytes` is in the spool. */
  ship(uid: string, path: string, totalBytes?: number): Promise<boolean> {
    return this.serial.run(async () => {
      const { store, files, mostBytes = MOST_OUTPUT_BYTES } = this.deps;
      for (;;) {
        const offset = store.journal.get(uid)?.shippedBytes ?? 0;
        if (offset >= mostBytes) return this.shipGap(uid, offset, totalBytes);
        const wanted = Math.min(PIECE_BYTES, mostBytes - offset);
        const data = await files.readPiece(path, offset, wanted);
        if (!data || data.byteLength === 0) return totalBytes !== undefined && offset >= totalBytes;
        if (!store.spool.hasRoom(data.byteLength)) return false;
        this.append(uid, offset, data);
      }
    });
  }

  private append(uid: string, offset: number, data: Uint8Array): void {
    const { store, shipped } = this.deps;
    const value = create(OutputBatchSchema, { operationUid: uid, offset: BigInt(offset), data });
    store.transaction(() => {
      store.spool.append({ batch: { case: 'output', value } });
      failpoint('spool.appended');
      store.journal.shipped(uid, offset + data.byteLength);
    });
    shipped();
  }

  /** Once the end is known: how much was not sent. */
  private shipGap(uid: string, offset: number, totalBytes: number | undefined): boolean {
    if (totalBytes === undefined) return false;
    if (offset >= totalBytes) return true;
    const { store, shipped } = this.deps;
    const lostBytes = BigInt(totalBytes - offset);
    const value = create(GapRecordSchema, { operationUid: uid, offset: BigInt(offset), lostBytes });
    store.transaction(() => {
      store.spool.append({ batch: { case: 'gap', value } });
      store.journal.shipped(uid, totalBytes);
    });
    shipped();
    return true;
  }
}
