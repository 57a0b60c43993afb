export { GrpcModule } from './grpc.module';
