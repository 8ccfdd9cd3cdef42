import { render } from "preact";
import { takeToken } from "./api";
import { App } from "./app";
import "uplot/dist/uPlot.min.css";
import "./style.css";

takeToken();
const at = document.getElementById("app");
if (at) render(<App />, at);
