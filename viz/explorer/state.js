// Settings in the address, after the #: "#T=50&matrix=orthogonal&…&t=0". What is missing has its first value.

function addressOf(settings, t) {
  return "#" + Object.entries({ ...settings, t }).map(([name, value]) => `${name}=${value}`).join("&");
}

// {settings, t, wrong}: what an address says, and a sentence for every part that can't be used.
function readAddress(hash, controls, defaults) {
  const settings = { ...defaults }, wrong = [];
  let t = 0;
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (name === "t") { t = Number(text); continue; }
    const control = controls[name];
    if (!control) { wrong.push(`there is no setting “${name}”`); continue; }
    if (control.values) {
      const value = control.values.find(choice => String(choice) === text);
      if (value === undefined) wrong.push(`${name} is one of ${control.values.join(", ")}, not “${text}”`);
      else settings[name] = value;
    } else {
      const value = text.trim() === "" ? NaN : Number(text), steps = (value - control.low) / control.step;
      if (!(value >= control.low && value <= control.high)) {
        wrong.push(`${name} lies between ${control.low} and ${control.high}, it can't be “${text}”`);
      } else if (Math.abs(steps - Math.round(steps)) > 1e-6) {
        wrong.push(`${name} goes in steps of ${control.step}, not “${text}”`);
      } else settings[name] = value;
    }
  }
  if (!(Number.isInteger(t) && t >= 0 && t <= settings.T)) { wrong.push(`t is a step from 0 to ${settings.T}`); t = 0; }
  return { settings, t, wrong };
}
