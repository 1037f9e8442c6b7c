import { WORD_FILES } from "../../web/words/keys.ts";
import { loadWords } from "../../web/words/words.ts";

await loadWords(WORD_FILES, "en");
