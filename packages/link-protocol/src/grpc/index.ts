export * from './grpc-lane-stream';
export * from './service-definition';
