import type { DescFile, MessageInitShape } from '@bufbuild/protobuf';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { reflectionV1, reflectionV1alpha } from '@ostler/contracts/grpc';

import { RpcRegistry } from '../platform/rpc';
import { bytesOf, ServedFiles } from './served-files';

type Request = reflectionV1.ServerReflectionRequest | reflectionV1alpha.ServerReflectionRequest;
type Response = MessageInitShape<typeof reflectionV1.ServerReflectionResponseSchema>;
type Answer = NonNullable<Response['messageResponse']>;

/** `grpc.StatusCode.NOT_FOUND`. */
const notFound = 5;

/**
 * Server reflection of gRPC, in both versions that tools ask for (grpcurl tries v1 first, older ones know v1alpha
 * alone). The two differ in their package only.
 */
@Injectable()
export class ReflectionRpc implements OnModuleInit {
  private served: ServedFiles | undefined;

  constructor(private readonly rpc: RpcRegistry) {}

  onModuleInit(): void {
    const serverReflectionInfo = (requests: AsyncIterable<Request>) => this.answers(requests);
    this.rpc.service(reflectionV1.ServerReflection, { serverReflectionInfo });
    this.rpc.service(reflectionV1alpha.ServerReflection, { serverReflectionInfo } as never);
  }

  private async *answers(requests: AsyncIterable<Request>): AsyncGenerator<Response> {
    const sent = new Set<DescFile>();
    for await (const { host, messageRequest, $typeName: _, ...rest } of requests) {
      const asked = { host, messageRequest, ...rest } as Response['originalRequest'];
      yield { validHost: host, originalRequest: asked, messageResponse: this.answer(messageRequest, sent) };
    }
  }

  private answer(asked: Request['messageRequest'], sent: Set<DescFile>): Answer {
    const files = this.files();
    switch (asked.case) {
      case 'listServices':
        return { case: 'listServicesResponse', value: { service: this.services() } };
      case 'fileByFilename':
        return this.file(files.named(asked.value), asked.value, sent);
      case 'fileContainingSymbol':
        return this.file(files.withSymbol(asked.value), asked.value, sent);
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = asked.value;
        const found = files.withExtension(containingType, extensionNumber);
        return this.file(found, `${containingType} ${extensionNumber}`, sent);
      }
      case 'allExtensionNumbersOfType': {
        const extensionNumber = files.extensionNumbersOf(asked.value);
        if (!extensionNumber) return missing(asked.value);
        return {
          case: 'allExtensionNumbersResponse',
          value: { baseTypeName: asked.value, extensionNumber },
        };
      }
      default:
        return missing('nothing');
    }
  }

  /** With what it imports, but for what this stream has had already. */
  private file(file: DescFile | undefined, asked: string, sent: Set<DescFile>): Answer {
    if (!file) return missing(asked);
    const fresh = [...this.files().withImports(file)].filter((one) => one === file || !sent.has(one));
    for (const one of fresh) sent.add(one);
    // What was asked for comes first.
    const ordered = [file, ...fresh.filter((one) => one !== file)];
    return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: ordered.map(bytesOf) } };
  }

  private services() {
    return this.rpc.services.map(({ service }) => ({ name: service.typeName })).sort(byName);
  }

  private files(): ServedFiles {
    this.served ??= new ServedFiles(this.rpc.services.map(({ service }) => service.file));
    return this.served;
  }
}

function missing(what: string): Answer {
  const errorMessage = `${what} is not known here.`;
  return { case: 'errorResponse', value: { errorCode: notFound, errorMessage } };
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
