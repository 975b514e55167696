(** The inequalities between products and squares that every rate rests on. *)
From Coq Require Import Reals Lra.
Open Scope R_scope.

(** Young's inequality with the weight c. *)
Lemma young c x y : 0 < c -> x * y <= / (2 * c) * x ^ 2 + c / 2 * y ^ 2.
Proof.
  intro Hc. assert (K : 0 <= / (2 * c) * (x - c * y) ^ 2)
    by (apply Rmult_le_pos; [left; apply Rinv_0_lt_compat; lra|apply pow2_ge_0]).
  replace (/ (2 * c) * (x - c * y) ^ 2) with (/ (2 * c) * x ^ 2 + c / 2 * y ^ 2 - x * y) in K by (field; lra). lra.
Qed.

(** A direction x/s that is off by b still gains half of x^2/s. *)
Lemma young_biased s x b : 0 < s -> / 2 * (x ^ 2 / s) - / 2 * (s * b ^ 2) <= x * (x / s + b).
Proof.
  intro Hs. pose proof (young s x (- b) Hs) as Y.
  replace (x * (x / s + b)) with (x ^ 2 / s - x * - b) by (field; lra).
  replace (/ (2 * s) * x ^ 2) with (/ 2 * (x ^ 2 / s)) in Y by (field; lra). lra.
Qed.

(** The square is convex. *)
Lemma square_convex b x y : 0 <= b <= 1 -> (b * x + (1 - b) * y) ^ 2 <= b * x ^ 2 + (1 - b) * y ^ 2.
Proof.
  intro Hb. assert (0 <= b * (1 - b) * (x - y) ^ 2)
    by (apply Rmult_le_pos; [apply Rmult_le_pos; lra|apply pow2_ge_0]). lra.
Qed.
