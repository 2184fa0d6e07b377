// Square matrices as flat Float64Arrays, row by row: products, norms, eigenvalues.

const EPSILON = Number.EPSILON;

// ‖v‖ without underflow: a gradient of 1e-170 is not yet 0.
function length(v) {
  let most = 0, sum = 0;
  for (const x of v) most = Math.max(most, Math.abs(x));
  if (most === 0) return 0;
  for (const x of v) sum += (x / most) ** 2;
  return most * Math.sqrt(sum);
}

// out += A v
function addProduct(out, A, v) {
  const n = v.length;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += A[i * n + j] * v[j];
    out[i] += sum;
  }
  return out;
}

// out += Aᵀ v
function addTransposed(out, A, v) {
  const n = v.length;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j] += A[i * n + j] * v[i];
  return out;
}

// Q of A = QR with a positive diagonal of R: Gram and Schmidt's process on the columns, twice for orthogonality.
function orthogonalised(A, n) {
  const Q = A.slice();
  for (let j = 0; j < n; j++) {
    for (let again = 0; again < 2; again++) {
      for (let k = 0; k < j; k++) {
        let dot = 0;
        for (let i = 0; i < n; i++) dot += Q[i * n + k] * Q[i * n + j];
        for (let i = 0; i < n; i++) Q[i * n + j] -= dot * Q[i * n + k];
      }
    }
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Q[i * n + j] ** 2;
    for (let i = 0; i < n; i++) Q[i * n + j] /= Math.sqrt(sum);
  }
  return Q;
}

// Householder reflections to upper Hessenberg form, which is tridiagonal for a symmetric matrix. Rows as arrays.
function hessenberg(A, n) {
  const H = Array.from({ length: n }, (_, i) => Float64Array.from(A.subarray(i * n, (i + 1) * n)));
  for (let k = 0; k < n - 2; k++) {
    const v = new Float64Array(n);
    for (let i = k + 1; i < n; i++) v[i] = H[i][k];
    if (v.subarray(k + 2).every(x => x === 0)) continue;
    v[k + 1] += (v[k + 1] < 0 ? -1 : 1) * length(v);
    let square = 0;
    for (let i = k + 1; i < n; i++) square += v[i] * v[i];
    for (let j = k; j < n; j++) {
      let dot = 0;
      for (let i = k + 1; i < n; i++) dot += v[i] * H[i][j];
      for (let i = k + 1; i < n; i++) H[i][j] -= 2 * dot / square * v[i];
    }
    for (const row of H) {
      let dot = 0;
      for (let j = k + 1; j < n; j++) dot += row[j] * v[j];
      for (let j = k + 1; j < n; j++) row[j] -= 2 * dot / square * v[j];
    }
    for (let i = k + 2; i < n; i++) H[i][k] = 0;
  }
  return H;
}

// Largest singular value: the root of the largest eigenvalue of AᵀA, by bisection with Sturm's count.
function spectralNorm(A, n) {
  const S = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) S[i * n + j] += A[k * n + i] * A[k * n + j];
  }
  const H = hessenberg(S, n);
  const allBelow = x => {
    let pivot = 1;
    for (let i = 0; i < n; i++) {
      pivot = H[i][i] - x - (i ? H[i][i - 1] ** 2 / pivot : 0);
      if (pivot >= 0) return false;
    }
    return true;
  };
  let low = 0, high = 0;
  for (let i = 0; i < n; i++) high += S[i * n + i];
  high = high * (1 + 1e-12) + Number.MIN_VALUE;
  for (let middle = high / 2; low < middle && middle < high; middle = low + (high - low) / 2) {
    if (allBelow(middle)) high = middle; else low = middle;
  }
  return Math.sqrt(high);
}

// Eigenvalues [re, im]: Francis' QR steps with double shifts, as EISPACK's hqr (Martin, Peters & Wilkinson 1970).
function eigenvalues(A, n) {
  const H = hessenberg(A, n), found = [];
  let end = n - 1, tries = 0, moved = 0, size = 0;
  for (const row of H) for (const x of row) size += Math.abs(x);
  while (end >= 0) {
    let start = end;
    for (; start > 0; start--) {
      const near = Math.abs(H[start - 1][start - 1]) + Math.abs(H[start][start]) || size;
      if (Math.abs(H[start][start - 1]) <= EPSILON * near) { H[start][start - 1] = 0; break; }
    }
    const x = H[end][end];
    if (start === end) { found.push([x + moved, 0]); end -= 1; tries = 0; continue; }
    const y = H[end - 1][end - 1], w = H[end][end - 1] * H[end - 1][end];
    if (start === end - 1) { found.push(...pair(x + moved, y + moved, w)); end -= 2; tries = 0; continue; }
    if (tries === 60) throw new Error("the QR steps do not converge");
    let shift = [x, y, w];
    if (tries % 10 === 9) {  // an exceptional shift, where the usual ones go round in circles
      moved += x;
      for (let i = 0; i <= end; i++) H[i][i] -= x;
      const s = Math.abs(H[end][end - 1]) + Math.abs(H[end - 1][end - 2]);
      shift = [0.75 * s, 0.75 * s, -0.4375 * s * s];
    }
    tries += 1;
    doubleStep(H, start, end, shift);
  }
  return found;
}

// Eigenvalues of [[y, b], [c, x]] with w = bc.
function pair(x, y, w) {
  const half = (y - x) / 2, under = half * half + w, root = Math.sqrt(Math.abs(under));
  if (under < 0) return [[x + half, root], [x + half, -root]];
  const far = half + (half < 0 ? -root : root);
  return [[x + far, 0], [far ? x - w / far : x, 0]];
}

function doubleStep(H, start, end, [x, y, w]) {
  let m = end - 2, p, q, r;
  for (; ; m--) {
    const z = H[m][m], dx = x - z, dy = y - z;
    p = (dx * dy - w) / H[m + 1][m] + H[m][m + 1];
    q = H[m + 1][m + 1] - z - dx - dy;
    r = H[m + 2][m + 1];
    const s = Math.abs(p) + Math.abs(q) + Math.abs(r);
    p /= s; q /= s; r /= s;
    if (m === start) break;
    const left = Math.abs(H[m][m - 1]) * (Math.abs(q) + Math.abs(r));
    const around = Math.abs(H[m - 1][m - 1]) + Math.abs(z) + Math.abs(H[m + 1][m + 1]);
    if (left <= EPSILON * Math.abs(p) * around) break;
  }
  for (let i = m + 2; i <= end; i++) { H[i][i - 2] = 0; if (i > m + 2) H[i][i - 3] = 0; }
  for (let k = m; k < end; k++) {
    const three = k + 1 < end;
    let scale = 1;
    if (k > m) {
      p = H[k][k - 1]; q = H[k + 1][k - 1]; r = three ? H[k + 2][k - 1] : 0;
      scale = Math.abs(p) + Math.abs(q) + Math.abs(r);
      if (scale === 0) continue;
      p /= scale; q /= scale; r /= scale;
    }
    const s = (p < 0 ? -1 : 1) * Math.sqrt(p * p + q * q + r * r);
    if (k > m) H[k][k - 1] = -s * scale; else if (start < m) H[k][k - 1] = -H[k][k - 1];
    p += s;
    const a = p / s, b = q / s, c = r / s;
    q /= p; r /= p;
    for (let j = k; j <= end; j++) {
      const sum = H[k][j] + q * H[k + 1][j] + (three ? r * H[k + 2][j] : 0);
      H[k][j] -= sum * a;
      H[k + 1][j] -= sum * b;
      if (three) H[k + 2][j] -= sum * c;
    }
    for (let i = start; i <= Math.min(end, k + 3); i++) {
      const row = H[i], sum = a * row[k] + b * row[k + 1] + (three ? c * row[k + 2] : 0);
      row[k] -= sum;
      row[k + 1] -= sum * q;
      if (three) row[k + 2] -= sum * r;
    }
  }
}
