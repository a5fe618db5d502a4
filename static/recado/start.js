// Last of a page's modules: everything that registers a component has run.
import Alpine from "../vendor/alpine.min.js";
import "./account-note.js";
import "./bell.js";
import "./frame.js";

Alpine.start();
