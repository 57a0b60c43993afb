export { InstallerModule } from './installer.module';
export { Installer } from './installer.service';
