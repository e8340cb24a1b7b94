// Everything here makes pages smoother; every page works without it. No inline scripts exist, so all
// behaviour hangs on data attributes, read by listeners on the document: what htmx swaps in just works.
import { rememberLive, startLive } from "./js/live.js";
import { startAttach } from "./js/attach.js";
import { startCheckAll } from "./js/checkall.js";
import { startComposer } from "./js/composer.js";
import { startCopy } from "./js/copy.js";
import { startDialogs } from "./js/dialog.js";
import { startErase } from "./js/erase.js";
import { startDrafts } from "./js/drafts.js";
import { startForms } from "./js/forms.js";
import { startMacros } from "./js/macros.js";
import { startMenus } from "./js/menus.js";
import { startNotices } from "./js/notices.js";
import { startPalette } from "./js/palette.js";
import { startReorder } from "./js/reorder.js";
import { startSearch } from "./js/search.js";
import { startPresence } from "./js/presence.js";
import { startSelection } from "./js/selection.js";
import { startShortcuts } from "./js/shortcuts.js";
import { startStanding } from "./js/standing.js";
import { startTheme } from "./js/theme.js";
import { startUnsent } from "./js/unsent.js";

rememberLive(document); // before anything changes the page
startTheme();
startMenus();
startMacros();
startNotices();
startDrafts(); // before the forms
startForms();
startAttach();
startComposer();
startCopy();
startDialogs();
startCheckAll();
startSearch();
startSelection();
startErase();
startStanding();
startUnsent();
startPresence();
startReorder();
startPalette();
startShortcuts();
startLive();
