import { addCopyButtons } from './copy-buttons.ts';
import { followReading } from './contents.ts';
import { openMenu } from './menu.ts';
import { startSearch } from './search.ts';
import { showTabs } from './tabs.ts';
import { startThemes } from './theme.ts';
import { tryCalls } from './try-calls.ts';

startThemes();
openMenu();
showTabs();
addCopyButtons();
startSearch();
followReading();
tryCalls();
