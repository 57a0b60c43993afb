export { Config, type ConfigValues } from './config';
export { type Environment, loadConfig, processEnvironment } from './load-config';
export { type Setting, type SettingName, settings } from './settings';
