import { type Client, type ClientReadableStream, Metadata } from '@grpc/grpc-js';
import { create } from '@bufbuild/protobuf';
import {
  ContentService,
  ErrorReason,
  FetchAgentPackageRequestSchema,
  FetchFileRequestSchema,
  FetchReleaseRequestSchema,
} from '@ostler/contracts';
import { AppError, type Clock, messageOf, type Timer } from '@ostler/kernel';
import { methodDefinition } from '@ostler/link-protocol/grpc';
import type { Dialer } from './dialer';

const fetchRelease = methodDefinition(ContentService.method.fetchRelease);
const fetchFile = methodDefinition(ContentService.method.fetchFile);
const fetchAgentPackage = methodDefinition(ContentService.method.fetchAgentPackage);

/** A release of 100,000 files has an index of about this size. */
const MOST_INDEX_BYTES = 16 * 1024 * 1024;
const IDLE_MS = 10_000;

/** Fetches content of releases on a connection of its own, which is let go when nothing is fetched. */
export class ContentClient {
  private client: Client | undefined;
  private users = 0;
  private idle: Timer | undefined;

  constructor(
    private readonly dialer: Dialer,
    private readonly clock: Clock,
  ) {}

  async release(digest: string): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    const request = create(FetchReleaseRequestSchema, { digest });
    for await (const { data } of this.read((client) =>
      client.makeServerStreamRequest(
        fetchRelease.path,
        fetchRelease.requestSerialize,
        fetchRelease.responseDeserialize,
        request,
        new Metadata(),
      ),
    )) {
      bytes += data.length;
      if (bytes > MOST_INDEX_BYTES)
        throw new AppError(ErrorReason.LIMIT_EXCEEDED, `Release ${digest} lists too many files.`);
      pieces.push(data);
    }
    return Buffer.concat(pieces);
  }

  async *file(sha256: Uint8Array, offset: bigint): AsyncGenerator<Uint8Array> {
    const request = create(FetchFileRequestSchema, { sha256, offset });
    for await (const { data } of this.read((client) =>
      client.makeServerStreamRequest(
        fetchFile.path,
        fetchFile.requestSerialize,
        fetchFile.responseDeserialize,
        request,
        new Metadata(),
      ),
    )) {
      yield data;
    }
  }

  async *agentPackage(sha256: Uint8Array, offset: bigint): AsyncGenerator<Uint8Array> {
    const request = create(FetchAgentPackageRequestSchema, { sha256, offset });
    const { path, requestSerialize, responseDeserialize } = fetchAgentPackage;
    for await (const { data } of this.read((client) =>
      client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, new Metadata()),
    )) {
      yield data;
    }
  }

  close(): void {
    this.idle?.cancel();
    this.client?.close();
    this.client = undefined;
  }

  /** Reading slowly slows the sender: a stream is read one message after the other. */
  private async *read<T>(call: (client: Client) => ClientReadableStream<T>): AsyncGenerator<T> {
    this.idle?.cancel();
    this.users += 1;
    const stream = call((this.client ??= this.dialer.open()));
    try {
      for await (const message of stream as AsyncIterable<T>) yield message;
    } catch (error) {
      throw new AppError(ErrorReason.UNAVAILABLE, `The content cannot be fetched: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      stream.cancel();
      this.users -= 1;
      if (this.users === 0) this.idle = this.clock.after(IDLE_MS, () => this.close());
    }
  }
}
