(** Finite weighted sums over lists.  One library serves both the coordinates
    of R^D and the support of the stochastic oracle. *)
From Coq Require Import Reals Lra Psatz List.
Import ListNotations.
Open Scope R_scope.

Fixpoint lsum {A : Type} (l : list A) (F : A -> R) : R :=
  match l with
  | [] => 0
  | a :: l' => F a + lsum l' F
  end.

Section LSum.
Context {A : Type}.
Implicit Types (l : list A) (F G : A -> R).

Lemma lsum_ext_in l F G : (forall a, In a l -> F a = G a) -> lsum l F = lsum l G.
Proof.
  induction l as [|a l IH]; simpl; intros H; [reflexivity|].
  rewrite H by (left; reflexivity). rewrite IH; [reflexivity|]. intros b Hb; apply H; right; exact Hb.
Qed.

Lemma lsum_ext l F G : (forall a, F a = G a) -> lsum l F = lsum l G.
Proof. intros H; apply lsum_ext_in; intros a _; apply H. Qed.

Lemma lsum_plus l F G : lsum l (fun a => F a + G a) = lsum l F + lsum l G.
Proof. induction l as [|a l IH]; simpl; [lra|]. rewrite IH; lra. Qed.

Lemma lsum_scal l c F : lsum l (fun a => c * F a) = c * lsum l F.
Proof. induction l as [|a l IH]; simpl; [lra|]. rewrite IH; lra. Qed.

Lemma lsum_zero l : lsum l (fun _ => 0) = 0.
Proof. induction l as [|a l IH]; simpl; [lra|]. rewrite IH; lra. Qed.

Lemma lsum_const l c : lsum l (fun _ => c) = INR (length l) * c.
Proof. induction l as [|a l IH]; simpl lsum; simpl length; [simpl; ring|]. rewrite IH, S_INR. ring. Qed.

Lemma lsum_le_in l F G : (forall a, In a l -> F a <= G a) -> lsum l F <= lsum l G.
Proof.
  induction l as [|a l IH]; simpl; intros H; [lra|].
  apply Rplus_le_compat; [apply H; left; reflexivity|].
  apply IH; intros b Hb; apply H; right; exact Hb.
Qed.

Lemma lsum_le l F G : (forall a, F a <= G a) -> lsum l F <= lsum l G.
Proof. intros H; apply lsum_le_in; intros a _; apply H. Qed.

Lemma lsum_nonneg l F : (forall a, In a l -> 0 <= F a) -> 0 <= lsum l F.
Proof. intros H. rewrite <- (lsum_zero l). apply lsum_le_in; exact H. Qed.

Lemma lsum_in_le l F a : (forall b, In b l -> 0 <= F b) -> In a l -> F a <= lsum l F.
Proof.
  induction l as [|b l IH]; simpl; intros H Ha; [contradiction|].
  destruct Ha as [->|Ha].
  - pose proof (lsum_nonneg l F (fun c Hc => H c (or_intror Hc))); lra.
  - pose proof (H b (or_introl eq_refl)).
    pose proof (IH (fun c Hc => H c (or_intror Hc)) Ha); lra.
Qed.

Lemma lsum_app l1 l2 F : lsum (l1 ++ l2) F = lsum l1 F + lsum l2 F.
Proof. induction l1 as [|a l IH]; simpl; [lra|]. rewrite IH; lra. Qed.

(** Cauchy-Schwarz, squared form. *)
Lemma lsum_cauchy_schwarz l F G :
  (lsum l (fun a => F a * G a)) ^ 2
  <= lsum l (fun a => F a ^ 2) * lsum l (fun a => G a ^ 2).
Proof.
  set (S := lsum l (fun a => F a * G a)).
  set (P := lsum l (fun a => F a ^ 2)).
  set (Q := lsum l (fun a => G a ^ 2)).
  assert (Key : forall t, 0 <= P - 2 * t * S + t ^ 2 * Q).
  { intro t.
    replace (P - 2 * t * S + t ^ 2 * Q)
      with (lsum l (fun a => (F a - t * G a) ^ 2)).
    - apply lsum_nonneg; intros; apply pow2_ge_0.
    - rewrite (lsum_ext l _ (fun a => F a ^ 2 + (- (2 * t) * (F a * G a) + t ^ 2 * G a ^ 2)))
        by (intro a; ring).
      rewrite !lsum_plus, !lsum_scal. unfold P, S, Q. ring. }
  assert (HQ : 0 <= Q) by (apply lsum_nonneg; intros; apply pow2_ge_0).
  destruct (Req_dec Q 0) as [E|NE].
  - destruct (Req_dec S 0) as [ES|NS].
    + rewrite ES, E; lra.
    + exfalso. pose proof (Key ((P + 1) / (2 * S))) as K. rewrite E in K.
      replace (P - 2 * ((P + 1) / (2 * S)) * S + ((P + 1) / (2 * S)) ^ 2 * 0) with (-1) in K
        by (field; exact NS). lra.
  - assert (0 < Q) by lra. pose proof (Key (S / Q)) as K.
    apply Rmult_le_compat_r with (r := Q) in K; [|lra].
    replace ((P - 2 * (S / Q) * S + (S / Q) ^ 2 * Q) * Q) with (P * Q - S ^ 2) in K
      by (field; exact NE). lra.
Qed.

End LSum.

Lemma lsum_swap {A B : Type} (la : list A) (lb : list B) (F : A -> B -> R) :
  lsum la (fun a => lsum lb (fun b => F a b)) = lsum lb (fun b => lsum la (fun a => F a b)).
Proof.
  induction la as [|a la IH]; simpl.
  - rewrite lsum_zero; reflexivity.
  - rewrite IH, lsum_plus; reflexivity.
Qed.

Lemma lsum_map {A B : Type} (h : A -> B) (l : list A) (F : B -> R) :
  lsum (map h l) F = lsum l (fun a => F (h a)).
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. rewrite IH; reflexivity. Qed.

Lemma lsum_flat_map {A B : Type} (h : A -> list B) (l : list A) (F : B -> R) :
  lsum (flat_map h l) F = lsum l (fun a => lsum (h a) F).
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. rewrite lsum_app, IH; reflexivity. Qed.

(** Sums over steps and the minimum over steps. *)
Fixpoint nsum (u : nat -> R) (n : nat) : R :=
  match n with O => 0 | S n' => nsum u n' + u n' end.

Lemma nsum_ext u w n : (forall j, (j < n)%nat -> u j = w j) -> nsum u n = nsum w n.
Proof.
  induction n as [|n IH]; simpl; intro H; [reflexivity|].
  rewrite IH by (intros; apply H; lia). rewrite H by lia. reflexivity.
Qed.

Lemma nsum_le u w n : (forall j, (j < n)%nat -> u j <= w j) -> nsum u n <= nsum w n.
Proof.
  induction n as [|n IH]; simpl; intro H; [lra|].
  apply Rplus_le_compat; [apply IH; intros; apply H; lia|apply H; lia].
Qed.

Lemma nsum_plus u w n : nsum (fun j => u j + w j) n = nsum u n + nsum w n.
Proof. induction n as [|n IH]; simpl; [ring|rewrite IH; ring]. Qed.

Lemma nsum_scal c u n : nsum (fun j => c * u j) n = c * nsum u n.
Proof. induction n as [|n IH]; simpl; [ring|rewrite IH; ring]. Qed.

Lemma nsum_const c n : nsum (fun _ => c) n = INR n * c.
Proof. induction n as [|n IH]; [simpl; ring|]. rewrite S_INR; simpl nsum; rewrite IH; ring. Qed.

Lemma nsum_nonneg u n : (forall j, (j < n)%nat -> 0 <= u j) -> 0 <= nsum u n.
Proof.
  intro H. replace 0 with (nsum (fun _ => 0) n) by (rewrite nsum_const; ring).
  apply nsum_le; exact H.
Qed.

Lemma nsum_S u n : nsum u (S n) = u O + nsum (fun j => u (S j)) n.
Proof. induction n as [|n IH]; [simpl; ring|]. change (nsum u (S (S n))) with (nsum u (S n) + u (S n)). rewrite IH. simpl; ring. Qed.

(** Sums of one-step bounds. *)
Lemma nsum_telescope (F u : nat -> R) n : (forall j, (j < n)%nat -> F (S j) <= F j + u j) -> F n <= F O + nsum u n.
Proof.
  induction n as [|n IH]; intro H; [simpl; lra|]. cbn [nsum].
  pose proof (IH (fun j Hj => H j (Nat.lt_lt_succ_r _ _ Hj))). pose proof (H n (Nat.lt_succ_diag_r n)). lra.
Qed.

(** A moving average that starts at 0 sums to no more than what it averages. *)
Lemma nsum_moving_average b (m a : nat -> R) n : 0 <= b < 1 -> m O = 0 -> (forall j, 0 <= m j) ->
  (forall j, m (S j) <= b * m j + (1 - b) * a j) -> nsum m n <= nsum a n.
Proof.
  intros Hb H0 Hm H.
  pose proof (nsum_telescope m (fun j => (1 - b) * a j + -1 * ((1 - b) * m j)) n) as K.
  rewrite H0, nsum_plus, !nsum_scal in K. pose proof (Hm n). apply Rmult_le_reg_l with (1 - b); [lra|].
  specialize (K (fun j _ => ltac:(pose proof (H j); lra))). lra.
Qed.

Lemma INR_pos n : (1 <= n)%nat -> 0 < INR n.
Proof. intro H. apply lt_0_INR. lia. Qed.

(** Sum over 1 <= t <= T, average and minimum over the same range. *)
Definition sum_1_to (u : nat -> R) (T : nat) : R := nsum (fun n => u (S n)) T.
Definition average (u : nat -> R) (T : nat) : R := sum_1_to u T / INR T.

Fixpoint min_1_to (u : nat -> R) (T : nat) : R :=
  match T with
  | O => u 1%nat
  | S O => u 1%nat
  | S T' => Rmin (min_1_to u T') (u T)
  end.

Lemma min_1_to_le u T t : (1 <= t <= T)%nat -> min_1_to u T <= u t.
Proof.
  induction T as [|T IH]; intro H; [lia|]. destruct T as [|T].
  - replace t with 1%nat by lia. simpl; lra.
  - change (min_1_to u (S (S T))) with (Rmin (min_1_to u (S T)) (u (S (S T)))).
    destruct (Nat.eq_dec t (S (S T))) as [->|N]; [apply Rmin_r|].
    eapply Rle_trans; [apply Rmin_l|apply IH; lia].
Qed.

Lemma min_1_to_attained u T : (1 <= T)%nat -> exists t, (1 <= t <= T)%nat /\ min_1_to u T = u t.
Proof.
  induction T as [|T IH]; intro H; [lia|]. destruct T as [|T].
  - exists 1%nat; split; [lia|reflexivity].
  - destruct IH as [t [Ht E]]; [lia|].
    change (min_1_to u (S (S T))) with (Rmin (min_1_to u (S T)) (u (S (S T)))).
    unfold Rmin; destruct (Rle_dec _ _); [exists t; split; [lia|exact E]|].
    exists (S (S T)); split; [lia|reflexivity].
Qed.

(** The minimum is at most any weighted average. *)
Lemma min_1_to_weighted u c T : (forall t, 0 <= c t) ->
  min_1_to u T * sum_1_to c T <= sum_1_to (fun t => c t * u t) T.
Proof.
  intro Hc. unfold sum_1_to. rewrite <- nsum_scal. apply nsum_le; intros j Hj.
  rewrite Rmult_comm. apply Rmult_le_compat_l; [apply Hc|apply min_1_to_le; lia].
Qed.

Lemma min_1_to_average u T : (1 <= T)%nat -> min_1_to u T <= average u T.
Proof.
  intro HT. pose proof (INR_pos T HT) as PT.
  pose proof (min_1_to_weighted u (fun _ => 1) T (fun _ => Rle_0_1)) as H.
  unfold average, sum_1_to in *. rewrite nsum_const in H.
  apply Rmult_le_reg_r with (INR T); [exact PT|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra.
  rewrite (nsum_ext (fun n => 1 * u (S n)) (fun n => u (S n))) in H by (intros; ring). lra.
Qed.
