(** The refutation in the words of [Spec.v]: a problem that meets A1-A6, A4 and
    Polyak-Lojasiewicz along the run, on which Adam keeps no rate. *)
From Coq Require Import Reals Lra Psatz List.
From Coq Require Vectors.Fin.
From ADOPT Require Import FiniteSum Vector Holder Spec Witness Floor FloorNormaliser FloorAdam FloorWithReplacement.
Open Scope R_scope.

(** (theta_t, m_t, v_t) with replacement; RMSprop is b1 = 0. *)
Fixpoint adam_iterate {D N} (Q : model D N) (f : form) (al b1 b2 e : R) (corrected : bool) (t : nat) (xi : nat -> Fin.t N) : vec D * vec D * vec D :=
  match t with
  | O => (start Q, (fun _ => 0), (fun _ => 0))
  | S t' =>
      let '(theta, m, v) := adam_iterate Q f al b1 b2 e corrected t' xi in
      let gt := oracle Q theta (xi t) in
      let m' := fun i => b1 * m i + (1 - b1) * gt i in
      let v' := fun i => b2 * v i + (1 - b2) * gt i ^ 2 in
      (fun i => theta i - al * (correction corrected b1 t * m' i / normaliser f e (correction corrected b2 t * v' i)), m', v')
  end.

(** Huber's function in one dimension, with an additive offset. *)
Definition huber_model {N} (X : R) (p offset : Fin.t N -> R) : model 1 N := {|
  obj := fun x => huber (X + 1) (x i0);
  grad := fun x _ => slope (X + 1) (x i0);
  prob := p;
  oracle := fun x k _ => slope (X + 1) (x i0) + offset k;
  start := fun _ => 1 |}.

Section Model.
Context {N : nat}.
Variables (X : R) (p offset : Fin.t N -> R).
Hypothesis HX : 0 <= X.
Hypothesis p_nonneg : forall k, 0 <= p k.
Hypothesis p_sum : lsum (fins N) p = 1.
Hypothesis Hoff : forall k, Rabs (offset k) <= X.
Notation Q := (huber_model X p offset).

Lemma slope_zero : slope (X + 1) 0 = 0.
Proof. unfold slope. rewrite Rmin_right, Rmax_right by lra. reflexivity. Qed.

Lemma huber_standing : standing Q 1 0.
Proof.
  split; simpl.
  - exact p_nonneg.
  - exact p_sum.
  - intros x e He. exists e. split; [exact He|]. intros h Hh. rewrite norm_1 in *.
    unfold line, dot; simpl. rewrite Rplus_0_r, Rmult_1_l. unfold i0 in *.
    pose proof (huber_tangent (X + 1) (x Fin.F1) (x Fin.F1 + h Fin.F1) ltac:(lra)) as A.
    replace (x Fin.F1 + h Fin.F1 - x Fin.F1) with (h Fin.F1) in A by ring.
    rewrite Rabs_right by lra. eapply Rle_trans; [apply A|]. rewrite <- pow2_abs. pose proof (Rabs_pos (h Fin.F1)). simpl. nra.
  - intro x. pose proof (huber_tangent (X + 1) 0 (x i0) ltac:(lra)) as A. rewrite slope_zero, huber_minimum in A by lra. lra.
  - lra.
  - intros x y. rewrite !norm_1, Rmult_1_l. apply slope_lipschitz. lra.
Qed.

Lemma huber_unbiased : lsum (fins N) (fun k => p k * offset k) = 0 -> unbiased_oracle Q.
Proof.
  intros H x i. simpl. rewrite (lsum_ext _ _ (fun k => slope (X + 1) (x i0) * p k + p k * offset k)) by (intro; ring).
  rewrite lsum_plus, lsum_scal, p_sum, H. ring.
Qed.

Lemma huber_oracle_bound x k : norm (fins 1) (oracle Q x k) <= B X.
Proof.
  rewrite norm_1. simpl. eapply Rle_trans; [apply Rabs_triang|]. pose proof (slope_bound (X + 1) (x i0) ltac:(lra)). pose proof (Hoff k).
  unfold B. lra.
Qed.

(** A6, hence A5, along any iterates *)
Lemma huber_bounded_gradients it T : bounded_gradients Q it T (B X).
Proof. intros [|t] _ xi; apply huber_oracle_bound. Qed.

(** A4 *)
Lemma huber_bounded_variance it T : bounded_variance Q it T X.
Proof.
  assert (V : forall x, lsum (fins 1) (variance_at Q x) <= X ^ 2).
  { intro x. simpl. rewrite Rplus_0_r. unfold variance_at. simpl.
    apply Rle_trans with (lsum (fins N) (fun k => X ^ 2 * p k)); [|rewrite lsum_scal, p_sum; right; simpl; ring].
    apply lsum_le; intro k. rewrite (Rmult_comm (X ^ 2)). apply Rmult_le_compat_l; [apply p_nonneg|].
    replace (slope (X + 1) (x i0) + offset k - slope (X + 1) (x i0)) with (offset k) by ring.
    change (offset k ^ 2 <= X ^ 2). rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos|apply Hoff]. }
  split; [apply V|]. intros t _ xi. apply V.
Qed.

Variables (f : form) (e al b1 b2 : R) (corrected : bool).

Lemma adam_coordinate t xi :
  let '(x, m, v) := adam_iterate Q f al b1 b2 e corrected t xi in (x i0, m i0, v i0) = adam offset f e X al b1 b2 corrected t xi.
Proof.
  induction t as [|t IH]; [reflexivity|]. cbn [adam_iterate adam].
  destruct (adam_iterate Q f al b1 b2 e corrected t xi) as [[x m] v]. rewrite <- IH. reflexivity.
Qed.

Lemma theta_coordinate t xi : theta_of (adam_iterate Q f al b1 b2 e corrected) t xi i0 = theta offset f e X al b1 b2 corrected t xi.
Proof.
  unfold theta_of, theta. pose proof (adam_coordinate t xi) as E. destruct (adam_iterate Q f al b1 b2 e corrected t xi) as [[x m] v].
  rewrite <- E. reflexivity.
Qed.

Lemma measure_coordinate T t : measure Q (theta_of (adam_iterate Q f al b1 b2 e corrected)) T t
  = rpow (Paths.path_expect (fins N) (fun _ => p) T (fun xi => rpow (Rabs (gradient offset f e X al b1 b2 corrected (pred t) xi)) (4 / 3))) (3 / 2).
Proof.
  unfold measure, Expect. do 2 f_equal. apply FunctionalExtensionality.functional_extensionality; intro xi.
  rewrite norm_1. cbn [grad huber_model]. rewrite theta_coordinate. reflexivity.
Qed.

Lemma run_polyak_lojasiewicz T reach : X + 1 <= reach ->
  (forall t xi, Rabs (theta offset f e X al b1 b2 corrected t xi) <= reach) ->
  polyak_lojasiewicz Q (theta_of (adam_iterate Q f al b1 b2 e corrected)) T ((X + 1) / (2 * (2 * reach - (X + 1)))) 0.
Proof.
  intros Hr Hx t _ xi. rewrite norm_1, pow2_abs, Rminus_0_r. cbn [obj grad huber_model]. rewrite theta_coordinate.
  apply huber_polyak_lojasiewicz; [lra|exact Hr|apply Hx].
Qed.

End Model.

Lemma power_at_most_one T r : (1 <= T)%nat -> 0 < r -> 0 < Rpower (INR T) (- r) <= 1.
Proof.
  intros HT Hr. split; [apply exp_pos|]. apply (le_INR 1) in HT. rewrite <- (Rpower_O (INR T)) by (simpl in HT; lra).
  apply Rle_Rpower; simpl in HT; lra.
Qed.

(** For every beta1, beta2 < 1, eps > 0 and each of the three denominators there is one problem of one variable and two noise
    symbols, unbiased, 1-smooth, with bounded gradients and bounded variance, Polyak-Lojasiewicz along the runs, such that at
    alpha = a / T^r Adam's average measure is not O(1/T^rate), for any a > 0, 0 < r < 1 and rate > 0. *)
Theorem adam_refuted (f : form) (e b1 b2 : R) (corrected : bool) : 0 < e -> 0 <= b1 < 1 -> 0 <= b2 < 1 ->
  exists (G sigma : R) (Q : model 1 2),
    standing Q 1 0 /\ unbiased_oracle Q /\
    (forall X T, bounded_gradients Q X T G /\ bounded_variance Q X T sigma) /\
    forall a r, 0 < a -> 0 < r < 1 ->
      let X := fun T => theta_of (adam_iterate Q f (a * Rpower (INR T) (- r)) b1 b2 e corrected) in
      (exists mu, 0 < mu /\ forall T, (1 <= T)%nat -> polyak_lojasiewicz Q (X T) T mu 0) /\
      forall rate c, 0 < rate ->
        ~ (exists n, forall T, (n <= T)%nat -> average (measure Q (X T) T) T <= c * Rpower (INR T) (- rate)).
Proof.
  intros He Hb1 Hb2. set (s := e / (1 - b2)). assert (Ps : 0 < s) by (apply Rdiv_lt_0_compat; lra).
  assert (Es : s * (1 - b2) = e) by (unfold s; field; lra).
  assert (Visible : e ^ 2 < (1 - b2) * (4 * s) ^ 2).
  { assert (e <= s) by nra. replace ((1 - b2) * (4 * s) ^ 2) with (16 * (s * (1 - b2)) * s) by ring. rewrite Es. nra. }
  set (p := pair_prob (/ 5)). set (o := pair_offset (4 * s) s (-1)).
  assert (P0 : forall k, 0 <= p k) by (intro k; apply pair_prob_nonneg; lra).
  assert (P1 : lsum (fins 2) p = 1) by apply pair_prob_sum.
  assert (O1 : forall k, Rabs (o k) <= 4 * s) by (intro k; apply pair_bound; [right; reflexivity|lra]).
  exists (B (4 * s)), (4 * s), (huber_model (4 * s) p o). split; [|split; [|split]].
  - apply huber_standing; assumption || lra.
  - apply huber_unbiased; [exact P1|]. apply pair_mean; [right; reflexivity|lra].
  - intros X T. split; [apply huber_bounded_gradients|apply huber_bounded_variance]; assumption || lra.
  - intros a r Ha Hr X. split.
    + assert (PB : 0 < B (4 * s)) by (unfold B; lra). assert (PU : 0 < B (4 * s) / e) by (apply Rdiv_lt_0_compat; lra).
      destruct (pow_lt_1_zero b1 ltac:(rewrite Rabs_right; lra) (/ (B (4 * s) + 1)) ltac:(apply Rinv_0_lt_compat; lra)) as [k Hk].
      specialize (Hk k (le_n k)).
      assert (Patience : b1 ^ k * (B (4 * s) + 1) <= 1).
      { pose proof (Rle_abs (b1 ^ k)) as W. apply Rmult_le_reg_r with (/ (B (4 * s) + 1)); [apply Rinv_0_lt_compat; lra|].
        rewrite Rmult_assoc, Rinv_r by lra. lra. }
      set (reach := 4 * s + 1 + INR (S k) * (a * (B (4 * s) / e))). pose proof (pos_INR (S k)) as K0.
      assert (Hreach : 4 * s + 1 <= reach).
      { assert (0 <= INR (S k) * (a * (B (4 * s) / e))) by (apply Rmult_le_pos; [exact K0|apply Rmult_le_pos; lra]). unfold reach. lra. }
      exists ((4 * s + 1) / (2 * (2 * reach - (4 * s + 1)))). split; [apply Rdiv_lt_0_compat; lra|].
      intros T HT. pose proof (power_at_most_one T r HT (proj1 Hr)) as Pw.
      apply run_polyak_lojasiewicz; [lra|exact Hreach|]. intros t xi.
      eapply Rle_trans; [apply (adam_confined o f e (4 * s) (a * Rpower (INR T) (- r)) b1 b2 corrected O1 He
        ltac:(apply Rmult_lt_0_compat; lra) Hb1 Hb2 ltac:(lra) k Patience)|].
      unfold reach. apply Rplus_le_compat_l, Rmult_le_compat_l; [exact K0|]. apply Rmult_le_compat_r; [lra|]. nra.
    + intros rate c Hrate [n Hn].
      apply (adam_with_replacement_no_rate f e b1 b2 s a r rate c corrected He Hb1 Hb2 Ps (fun _ => Visible) Ha Hr Hrate).
      exists n. intros T HT. eapply Rle_trans; [|exact (Hn T HT)]. right. unfold average, sum_1_to. f_equal. apply nsum_ext; intros j _.
      symmetry. apply measure_coordinate.
Qed.
