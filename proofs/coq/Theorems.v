(** The theorems in textbook form.  Read with [Spec.v], which defines every
    word used here; the proofs only translate from the general ones. *)
From Coq Require Import Reals Lra Psatz List.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Space Paths Adopt ConstantStep Spec.
Open Scope R_scope.

Section Theorems.
Context {D N : nat}.
Variables (Q : model D N) (L f_inf : R).
Hypothesis HQ : standing Q L f_inf.
Notation Delta := (obj Q (start Q) - f_inf).

(** T4.1 (A1, A2, A3, A5 unconditional), every beta2 in [0, 1]. *)
Theorem spec_adopt (G al b1 b2 e : R) (T : nat) :
  let X := theta_of (adopt_iterate Q (fun _ => al) b1 b2 e) in
  second_moment Q X T G -> parameters b1 b2 e -> 0 < al -> (1 <= T)%nat ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))).
Proof.
  intros X HG [H1 H2 He] Ha HT.
  subst X. pose proof (adopt_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  pose proof (process_adopt _ L f_inf G T al b1 b2 e (driven_smooth Q L f_inf T HQ _)
    (driven_adapted Q L f_inf T HQ _ _ E) (driven_second_moment Q L f_inf T HQ _ G HG)
    Ha H1 H2 He HT (driven_unbiased Q L f_inf T HQ _ _ E)) as B.
  cbv zeta in B. rewrite (min_measure Q L f_inf T HQ _ _ E), (average_measure Q L f_inf T HQ _ _ E), initial_value in B.
  exact B.
Qed.

Theorem spec_adopt_algorithm_1 (G al b1 b2 e : R) (T : nat) :
  let X := theta_of (algorithm_1_iterate Q (fun _ => al) b1 b2 e) in
  second_moment Q X T G -> parameters b1 b2 e -> 0 < al -> (1 <= T)%nat ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (Delta / (al * INR T) + al * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))
       + al * L * G ^ 2 * b1 ^ 2 / (2 * e ^ 2 * (1 - b1) ^ 2 * INR T)).
Proof.
  intros X HG [H1 H2 He] Ha HT.
  subst X. pose proof (algorithm_1_iterates Q L f_inf T HQ (fun _ => al) b1 b2 e) as E.
  pose proof (process_adopt_algorithm_1 _ L f_inf G T al b1 b2 e (driven_smooth Q L f_inf T HQ _)
    (driven_adapted Q L f_inf T HQ _ _ E) (driven_second_moment Q L f_inf T HQ _ G HG)
    Ha H1 H2 He HT (driven_unbiased Q L f_inf T HQ _ _ E)) as B.
  cbv zeta in B. rewrite (min_measure Q L f_inf T HQ _ _ E), (average_measure Q L f_inf T HQ _ _ E), initial_value in B.
  exact B.
Qed.

(** alpha = alpha0 / sqrt T: the rate C / sqrt T. *)
Theorem spec_adopt_sqrt_horizon (G al0 b1 b2 e : R) (T : nat) :
  let X := theta_of (adopt_iterate Q (fun _ => al0 / sqrt (INR T)) b1 b2 e) in
  second_moment Q X T G -> parameters b1 b2 e -> 0 < al0 -> (1 <= T)%nat ->
  min_1_to (measure Q X T) T <= average (measure Q X T) T /\
  average (measure Q X T) T
  <= sqrt (G ^ 2 + e ^ 2) * (Delta / al0 + al0 * L * G ^ 2 * (1 + b1) / (2 * e ^ 2 * (1 - b1))) / sqrt (INR T).
Proof.
  intros X HG HP Ha HT.
  assert (PT : 0 < INR T) by (apply lt_0_INR; lia).
  assert (PS : 0 < sqrt (INR T)) by (apply sqrt_lt_R0, PT).
  destruct (spec_adopt G (al0 / sqrt (INR T)) b1 b2 e T HG HP) as [A B]; [apply Rdiv_lt_0_compat; assumption|exact HT|].
  split; [exact A|]. eapply Rle_trans; [exact B|]. right. destruct HP.
  assert (ET : INR T = sqrt (INR T) * sqrt (INR T)) by (symmetry; apply sqrt_sqrt; lra).
  set (r := sqrt (INR T)) in *. set (s := sqrt (G ^ 2 + e ^ 2)). rewrite ET. field. repeat split; lra.
Qed.

End Theorems.
