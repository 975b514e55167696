(** The bounds of all theorems, written from `theory/`'s sympy expressions by

        python -m proofs.coq_export.bounds --write

    with the SHA-256 of the statement each belongs to; a test fails when the two differ. *)
From Coq Require Import Reals String.
From ADOPT Require Import Holder.
Open Scope R_scope.

Definition sha256_adopt := "02270aea40da958b6027ac32e3d36b7a83fc92fa506e6778e617f5d836468c8d"%string.
Definition bound_adopt (Delta L G eps beta1 alpha : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta / (INR T * alpha) + G ^ 2 * L * alpha * (beta1 + 1) / (2 * eps ^ 2 * (1 - beta1))).

Definition sha256_adopt_algorithm_1 := "474dcec68975539b243df448a8e2a39a2ac1e88927d468fb7a63592deaa79072"%string.
Definition bound_adopt_algorithm_1 (Delta L G eps beta1 alpha : R) (T : nat) : R :=
  G ^ 2 * L * alpha * beta1 ^ 2 * sqrt (G ^ 2 + eps ^ 2) / (2 * INR T * eps ^ 2 * (1 - beta1) ^ 2) + sqrt (G ^ 2 + eps ^ 2) * (Delta / (INR T * alpha) + G ^ 2 * L * alpha * (beta1 + 1) / (2 * eps ^ 2 * (1 - beta1))).

Definition sha256_adopt_sqrt_horizon := "1b660b24fc516bbc89fef79ee1cb349a89d3ac32822f322963da493b8d32cab7"%string.
Definition bound_adopt_sqrt_horizon (Delta L G eps beta1 alpha0 : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta / alpha0 + G ^ 2 * L * alpha0 * (beta1 + 1) / (2 * eps ^ 2 * (1 - beta1))) / sqrt (INR T).

Definition sha256_adopt_average := "85132a252628390d238d53c8886c363e78797bf8391d984266ed6532decd65cc"%string.
Definition bound_adopt_average (Delta L G eps beta1 alpha : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta / (INR T * alpha) + G ^ 2 * L * alpha * (beta1 + 1) / (2 * eps ^ 2 * (1 - beta1))).

Definition sha256_adopt_finite_horizon := "9496deb4f1145ea35c0ead71d73a44c29dbf29d46b8d34d7717e8df4dd405014"%string.
Definition bound_adopt_finite_horizon (Delta L G eps beta1 alpha : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta / (INR T * alpha) + G ^ 2 * L * alpha * (beta1 * (1 - (1 - beta1 ^ T) / (INR T * (1 - beta1))) / (1 - beta1) + 1 / 2) / eps ^ 2).

Definition sha256_adopt_elementwise := "595c5623b5b71d81d1abae093657d4ab2d02c777cf5daa3368251e02a649dc78"%string.
Definition bound_adopt_elementwise (Delta L G eps beta1 alpha D : R) (T : nat) : R :=
  sqrt (D * eps ^ 2 + G ^ 2) * (Delta / (INR T * alpha) + G ^ 2 * L * alpha * (beta1 + 1) / (2 * eps ^ 2 * (1 - beta1))).

Definition sha256_adopt_sharp := "f60da0ba014ac9efc7d8e0b8dfecb73554e7579ac9f2300ae0611e8b2477bbfb"%string.
Definition bound_adopt_sharp (Delta L G eps beta1 alpha : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (G * L * alpha * beta1 / (2 * eps * sqrt eps * (1 - beta1)) + sqrt (Delta / (INR T * alpha) + G ^ 2 * L ^ 2 * alpha ^ 2 * beta1 ^ 2 / (4 * eps ^ 3 * (1 - beta1) ^ 2) + G ^ 2 * L * alpha / (2 * eps ^ 2))) ^ 2.

Definition sha256_adopt_clipped := "2d52d713cfc34939a30ce31d26dde479b24e769d03d96ea4a4337a8b6e7140b2"%string.
Definition bound_adopt_clipped (Delta L G eps beta1 alpha c : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (2 * Delta / (INR T * alpha) + G ^ 4 / (16 * c ^ 2 * eps ^ 3) + G ^ 2 * L * alpha * (beta1 + 1) / (eps ^ 2 * (1 - beta1))).

Definition sha256_adopt_clipped_sharp := "b54017148e22dea74c741bc7f02741a53556b74db89471a20075b00474b2657d"%string.
Definition bound_adopt_clipped_sharp (Delta L G eps beta1 alpha c : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (G ^ 2 / (8 * c * eps * sqrt eps) + sqrt (Delta / (INR T * alpha) + G ^ 4 / (64 * c ^ 2 * eps ^ 3) + G ^ 2 * L * alpha * (beta1 + 1) / (2 * eps ^ 2 * (1 - beta1)))) ^ 2.

Definition sha256_adopt_clipped_horizon := "6dc154accdfeb39ab1df7e52498625beff668511ee3a4a5230a41209b6821c20"%string.
Definition bound_adopt_clipped_horizon (Delta L G eps beta1 alpha c0 : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (2 * Delta / (INR T * alpha) + G ^ 4 / (16 * sqrt (INR T) * c0 ^ 2 * eps ^ 3) + G ^ 2 * L * alpha * (beta1 + 1) / (eps ^ 2 * (1 - beta1))).

Definition sha256_adopt_clipped_schedule := "c448f33a45af0d11f5b8a203a4aba1c93a9475fbdb22d9975da049ea7b6412d5"%string.
Definition bound_adopt_clipped_schedule (Delta L G eps beta1 alpha c0 : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (2 * Delta / (INR T * alpha) + G ^ 4 / (8 * sqrt (INR T) * c0 ^ 2 * eps ^ 3) + G ^ 2 * L * alpha * (beta1 + 1) / (eps ^ 2 * (1 - beta1))).

Definition sha256_adopt_clipped_family := "4ae2120276a2d985fd1d0c4782c4cfafd3a5358f72c02e0ca1cad0539f259539"%string.
Definition bound_adopt_clipped_family (Delta L G eps beta1 alpha clip_sum lam : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta / (INR T * alpha) + G ^ 4 * clip_sum / (64 * INR T * eps ^ 3 * lam) + G ^ 2 * L * alpha * (beta1 + 1) / (2 * eps ^ 2 * (1 - beta1))) / (1 - lam).

Definition sha256_adopt_decaying := "bd4af0c75423b1ac2db3a33e43b0f0a3fc4d2b1f43b939d33d9e221da6a87224"%string.
Definition bound_adopt_decaying (Delta L G eps beta1 alpha0 : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta / alpha0 + G ^ 2 * L * alpha0 * (1541 * beta1 ^ 2 / (2500 * (1 - beta1) ^ 2) + (beta1 / (1 - beta1) + 1 / 2) * ln (INR T) + 1 / 2) / eps ^ 2 + G ^ 2 * beta1 / (eps * (1 - beta1))) / (2 * sqrt (INR T + 1) + 1 - 2 * sqrt 2).

Definition sha256_adopt_decaying_algorithm_1 := "f7952bb1f113092345810481755edce5492216549cfde415ed5d8e394f408fbb"%string.
Definition bound_adopt_decaying_algorithm_1 (Delta L G eps beta1 alpha0 : R) (T : nat) : R :=
  G ^ 2 * L * alpha0 * sqrt (G ^ 2 + eps ^ 2) * (beta1 ^ 2 / (2 * (1 - beta1) ^ 2) + beta1 / (1 - beta1)) / (eps ^ 2 * (2 * sqrt (INR T + 1) + 1 - 2 * sqrt 2)) + sqrt (G ^ 2 + eps ^ 2) * (Delta / alpha0 + G ^ 2 * L * alpha0 * (1541 * beta1 ^ 2 / (2500 * (1 - beta1) ^ 2) + (beta1 / (1 - beta1) + 1 / 2) * ln (INR T) + 1 / 2) / eps ^ 2 + G ^ 2 * beta1 / (eps * (1 - beta1))) / (2 * sqrt (INR T + 1) + 1 - 2 * sqrt 2).

Definition sha256_adopt_decaying_sums := "cd5f7546a337501f80a40cdb98c0c49cc2c63a863d2f9b737d0eb41df1e5e648"%string.
Definition bound_adopt_decaying_sums (Delta L G eps beta1 alpha0 : R) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta + G ^ 2 * L * alpha0 ^ 2 * (beta1 ^ 2 / (1 - beta1) ^ 2 + 1) / (2 * eps ^ 2) + G ^ 2 * alpha0 * beta1 / (eps * (1 - beta1))).

Definition sha256_adopt_clipped_decaying := "45d8ebbe370e62affd622730d1a39171cc32ed7f088614f6a2029a9e33618b0f"%string.
Definition bound_adopt_clipped_decaying (Delta L G eps beta1 alpha0 c0 : R) (T : nat) : R :=
  G ^ 4 * sqrt (G ^ 2 + eps ^ 2) * (ln (INR T) + 1) / (16 * c0 ^ 2 * eps ^ 3 * (2 * sqrt (INR T + 1) + 1 - 2 * sqrt 2)) + 2 * sqrt (G ^ 2 + eps ^ 2) * (Delta / alpha0 + G ^ 2 * L * alpha0 * (1541 * beta1 ^ 2 / (2500 * (1 - beta1) ^ 2) + (beta1 / (1 - beta1) + 1 / 2) * ln (INR T) + 1 / 2) / eps ^ 2 + G ^ 2 * beta1 / (eps * (1 - beta1))) / (2 * sqrt (INR T + 1) + 1 - 2 * sqrt 2).

Definition sha256_rmsprop_decorrelated := "ef2946699af40be49aec1e24e91197f5725aea9bfe89eee5ebbb4f22971f2204"%string.
Definition bound_rmsprop_decorrelated (Delta L G eps alpha : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta / (INR T * alpha) + G ^ 2 * L * alpha / (2 * eps ^ 2)).

Definition sha256_rmsprop := "d128bc7e2fb9119abedac75e81b3b5d83d46330da6b5dd81dbc47a516a59d2a3"%string.
Definition bound_rmsprop (Delta L G eps beta2 alpha D : R) (T : nat) : R :=
  2 * sqrt (G ^ 2 + eps ^ 2) * (Delta / (INR T * alpha) + (D * G / sqrt (1 - beta2) + D * L * alpha / (2 * (1 - beta2))) * (ln (eps ^ 2 / beta2 ^ T + G ^ 2 * (1 / beta2 ^ T - 1) / D) - ln (eps ^ 2)) / INR T).

Definition sha256_sgd := "63c99dc6f2d95a11f04b22795e45fe6d3cfebcb3f05c5d8ed70beeea13c4c812"%string.
Definition bound_sgd (Delta L G alpha : R) (T : nat) : R :=
  Delta / (INR T * alpha) + G ^ 2 * L * alpha / 2.

Definition sha256_sgd_bounded_variance := "774c58997185a2f5a98ef9d2066d877c7fa255c48e63123da8f07cbab220afff"%string.
Definition bound_sgd_bounded_variance (Delta L sigma alpha : R) (T : nat) : R :=
  2 * Delta / (INR T * alpha) + L * alpha * sigma ^ 2.

Definition sha256_sgd_momentum := "b021a873ab065fa0b0f3f09b41058da6ed4010aeecc45a9d5168ae69a0d9e1cc"%string.
Definition bound_sgd_momentum (Delta L G beta1 alpha : R) (T : nat) : R :=
  Delta / (INR T * alpha) + G ^ 2 * L * alpha * (beta1 + 1) / (2 * (1 - beta1)).

Definition sha256_sgd_momentum_bounded_variance := "17a57f7c1ef828d238db086ae3e5c27e8b15be5cc1e3a02e26a0cb1c5a834fc7"%string.
Definition bound_sgd_momentum_bounded_variance (Delta L sigma beta1 alpha : R) (T : nat) : R :=
  2 * Delta / (INR T * alpha) + L * alpha * sigma ^ 2 / (1 - beta1).

Definition sha256_adopt_biased := "6a6895eb8102aab5cada220df5a824ffd98fca5affaa1758701938f6535e3357"%string.
Definition bound_adopt_biased (Delta L G eps beta1 alpha delta : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (2 * Delta / (INR T * alpha) + G ^ 2 * L * alpha * (beta1 + 1) / (eps ^ 2 * (1 - beta1)) + delta ^ 2 / eps).

Definition sha256_adopt_bounded_variance := "51bafd58f649fd152a6ac05fa0d3398c355a98422a66b36018988eb24c90968d"%string.
Definition bound_adopt_bounded_variance (Delta L sigma eps beta1 alpha : R) (T : nat) : R :=
  (2 * Delta / (INR T * alpha) + L * alpha * sigma ^ 2 / (eps ^ 2 * (1 - beta1))) * sqrt (2 * L * (Delta + L * INR T * alpha ^ 2 * sigma ^ 2 / (2 * eps ^ 2 * (1 - beta1))) * (beta1 + 1) + eps ^ 2 + sigma ^ 2).

Definition sha256_adopt_affine_variance := "f3c7bdc8394d8ebd92d20ee0d31a10965705d7fa4c9b4d99e68355760e819973"%string.
Definition bound_adopt_affine_variance (Delta L sigma rho eps beta1 alpha : R) (T : nat) : R :=
  (2 * Delta / (INR T * alpha) + L * alpha * sigma ^ 2 / (eps ^ 2 * (1 - beta1))) * sqrt (2 * L * (Delta + L * INR T * alpha ^ 2 * sigma ^ 2 / (2 * eps ^ 2 * (1 - beta1))) * (beta1 + 1) * (rho + 1) + eps ^ 2 + sigma ^ 2).

Definition sha256_adopt_affine_variance_norm := "cca7a04f1b6da812e7bb43b106a83bf25d585b589e2c192e22ee1977964b0197"%string.
Definition bound_adopt_affine_variance_norm (Delta L sigma rho eps alpha : R) (T : nat) : R :=
  (2 * Delta / (INR T * alpha) + L * alpha * sigma ^ 2 / eps ^ 2) * (L ^ 2 * alpha ^ 2 * rho / eps ^ 2 + 1) ^ T.

Definition sha256_adopt_affine_variance_norm_gradient := "a521e65abfcb78b3fcf277d26cdc0c8bae5c645d35cfaf61e091fdac8d1cfe78"%string.
Definition bound_adopt_affine_variance_norm_gradient (Delta L sigma rho eps alpha : R) (T : nat) : R :=
  (2 * Delta / (INR T * alpha) + L * alpha * sigma ^ 2 / eps ^ 2) * (L ^ 2 * alpha ^ 2 * rho / eps ^ 2 + 1) ^ T * sqrt (2 * L * (Delta + L * INR T * alpha ^ 2 * sigma ^ 2 / (2 * eps ^ 2)) * (rho + 1) * (L ^ 2 * alpha ^ 2 * rho / eps ^ 2 + 1) ^ T + eps ^ 2 + sigma ^ 2).

Definition sha256_adopt_polyak_lojasiewicz := "9251e7bac819fd25fa9f633b8da8c1f67521d47bf6c192b4216e382c842932bd"%string.
Definition bound_adopt_polyak_lojasiewicz (Delta L G eps beta1 alpha mu : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (Delta / (INR T * alpha) + G ^ 2 * L * alpha * (beta1 + 1) / (2 * eps ^ 2 * (1 - beta1))) / (2 * mu).

Definition sha256_adopt_polyak_lojasiewicz_last_iterate := "d0d906c42671fe6e5ac899100baac9bbea1c3f0fa4f0347cc592c806774c8a7e"%string.
Definition bound_adopt_polyak_lojasiewicz_last_iterate (L G eps mu : R) (T : nat) : R :=
  G ^ 2 * L * (G ^ 2 + eps ^ 2) / (2 * eps ^ 2 * mu ^ 2 * (INR T + 1)).

Definition sha256_adopt_polyak_lojasiewicz_last_iterate_max := "9445841f18a2c751b4db1bb8c650a661f978175c4c19139501394f630c10b2da"%string.
Definition bound_adopt_polyak_lojasiewicz_last_iterate_max (L G eps mu s_max : R) (T : nat) : R :=
  G ^ 2 * L * s_max ^ 2 / (2 * eps ^ 2 * mu ^ 2 * (INR T + 1)).

Definition sha256_adopt_projected_convex := "7c950697c21b0c5479762b8142b4254c791b7b89dc62a71c78586ae3206d7714"%string.
Definition bound_adopt_projected_convex (D0 G eps beta1 alpha : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (D0 ^ 2 / (2 * INR T * alpha) + G ^ 2 * alpha * (beta1 / (1 - beta1) + 1 / 2 + beta1 ^ 2 / (2 * INR T * (1 - beta1) ^ 2)) / eps ^ 2).

Definition sha256_adopt_clipped_bounded_variance := "30a40e52c750273c58b2a096a6e2e22a38c2d7fba925dae31265b96d3ba0b6f6"%string.
Definition bound_adopt_clipped_bounded_variance (Delta L sigma eps c alpha : R) (T : nat) : R :=
  (4 * Delta / (INR T * alpha) + 2 * L * alpha * sigma ^ 2 / eps ^ 2 + sigma ^ 4 / (4 * c ^ 2 * eps ^ 3)) * sqrt (2 * L * (1 + 4 / c ^ 2) * (Delta + INR T * (L * alpha ^ 2 * sigma ^ 2 / (2 * eps ^ 2) + alpha * sigma ^ 4 / (16 * c ^ 2 * eps ^ 3))) + eps ^ 2 + sigma ^ 2).

Definition sha256_adopt_clipped_bounded_variance_schedule := "bae35b581aad0a162d9c59db190d36a5c168cb263e21f889215ed80ae3667bb0"%string.
Definition bound_adopt_clipped_bounded_variance_schedule (Delta L sigma eps c clip_sum alpha : R) (T : nat) : R :=
  (4 * Delta / (INR T * alpha) + 2 * L * alpha * sigma ^ 2 / eps ^ 2 + clip_sum * sigma ^ 4 / (4 * INR T * eps ^ 3)) * sqrt (2 * L * (1 + 4 / c ^ 2) * (Delta + L * INR T * alpha ^ 2 * sigma ^ 2 / (2 * eps ^ 2) + alpha * clip_sum * sigma ^ 4 / (16 * eps ^ 3)) + eps ^ 2 + sigma ^ 2).

Definition sha256_adopt_clipped_heavy_tailed := "ed05f0cf4d4fb95b47dfb4930c4328f3ecb634bc961acc1bf732ef06065e34e1"%string.
Definition bound_adopt_clipped_heavy_tailed (Delta L G eps beta1 c D alpha : R) (T : nat) : R :=
  rpow D (1 / 4) * G * sqrt G * L * alpha * sqrt c * (beta1 + 1) / (eps * sqrt eps * (1 - beta1)) + 4 * sqrt D * G ^ 3 / (27 * c * eps ^ 2) + 2 * Delta / (INR T * alpha).

Definition sha256_adopt_clipped_heavy_tailed_gradient_3_2 := "14136876aa82da68836adb7204be55310f69352e3ef85b6450d5b7375e3b5143"%string.
Definition bound_adopt_clipped_heavy_tailed_gradient_3_2 (Delta L G eps beta1 beta2 c D alpha : R) (T : nat) : R :=
  (rpow D (1 / 4) * G * sqrt G * L * alpha * sqrt c * (beta1 + 1) / (eps * sqrt eps * (1 - beta1)) + 4 * sqrt D * G ^ 3 / (27 * c * eps ^ 2) + 2 * Delta / (INR T * alpha)) * rpow ((G * sqrt G * rpow (1 - beta2) (3 / 4) / (1 - rpow beta2 (3 / 4)) + eps * sqrt eps) ^ 2) (1 / 3).

Definition sha256_adopt_clipped_heavy_tailed_gradient_4_3 := "94f33282bcfc0cfc5c8b00e746180cb201d0f6f5be441ed53cc410dec6f87dd8"%string.
Definition bound_adopt_clipped_heavy_tailed_gradient_4_3 (Delta L G eps beta1 beta2 c D alpha : R) (T : nat) : R :=
  (9 * rpow 2 (2 / 3) * rpow D (2 / 3) * rpow G (8 / 3) / (64 * rpow c (2 / 3) * rpow eps (5 / 3)) + rpow D (1 / 3) * rpow G (4 / 3) * L * alpha * rpow c (2 / 3) * (beta1 + 1) / (rpow eps (4 / 3) * (1 - beta1)) + 2 * Delta / (INR T * alpha)) * rpow ((rpow G (4 / 3) * rpow (1 - beta2) (2 / 3) / (1 - rpow beta2 (2 / 3)) + rpow eps (4 / 3)) ^ 3) (1 / 4).

Definition sha256_adopt_clipped_heavy_tailed_gradient_5_4 := "2e36259a0ad128a9522b18c56089005e41103133cfd4a632854f9d499b7b1f19"%string.
Definition bound_adopt_clipped_heavy_tailed_gradient_5_4 (Delta L G eps beta1 beta2 c D alpha : R) (T : nat) : R :=
  (rpow D (3 / 8) * rpow G (5 / 4) * L * alpha * rpow c (3 / 4) * (beta1 + 1) / (rpow eps (5 / 4) * (1 - beta1)) + 16 * sqrt 5 * rpow D (3 / 4) * G ^ 2 * sqrt G / (125 * sqrt c * eps * sqrt eps) + 2 * Delta / (INR T * alpha)) * rpow ((rpow G (5 / 4) * rpow (1 - beta2) (5 / 8) / (1 - rpow beta2 (5 / 8)) + rpow eps (5 / 4)) ^ 4) (1 / 5).

Definition sha256_adopt_clipped_heavy_tailed_gradient_2 := "1456adec2f2bf848c48756ef9343d4ab86de7073880860bf4215407f27fe3027"%string.
Definition bound_adopt_clipped_heavy_tailed_gradient_2 (Delta L G eps beta1 c alpha : R) (T : nat) : R :=
  sqrt (G ^ 2 + eps ^ 2) * (2 * Delta / (INR T * alpha) + G ^ 4 / (16 * c ^ 2 * eps ^ 3) + G ^ 2 * L * alpha * (beta1 + 1) / (eps ^ 2 * (1 - beta1))).

Definition sha256_sum_inverse_steps := "5c8346b50c04c5bcd6c421b065f41208fa0dbe46f3ae554942597ee309d71142"%string.
Definition bound_sum_inverse_steps (T : nat) : R :=
  ln (INR T) + 1.

Definition sha256_sum_squared_steps := "b24d880f9735e8dfb129fcd6fb436761ee44a5aeee59a71cb65d9da11f96187a"%string.
Definition bound_sum_squared_steps (alpha0 : R) (T : nat) : R :=
  alpha0 ^ 2 * (ln (INR T) + 1).

Definition sha256_sum_inverse_roots_at_least := "a5d91fbed39600f41e1338344cdebdd02d92e7da493e7e918c3d91bc882809e6"%string.
Definition bound_sum_inverse_roots_at_least : R :=
  1.

Definition sha256_sum_inverse_roots_at_most := "80f04b08c670641232ffacf678bdae4b7a6421068da8fc2a47dc38ab21c7b30e"%string.
Definition bound_sum_inverse_roots_at_most (T : nat) : R :=
  2 * sqrt (INR T).

Definition sha256_sum_steps_times_falls := "8a96d81bf2ab2bbe19fdb6faa8b7253e84060b8e915cc5b77e0265fa5ca88353"%string.
Definition bound_sum_steps_times_falls (alpha0 : R) : R :=
  alpha0 ^ 2 / 2.

Definition sha256_sum_squared_falls := "69fbb770614e4585cefce97354fb197c653e13e6821c0136c6d8f5ee83eb4f18"%string.
Definition bound_sum_squared_falls (alpha0 : R) : R :=
  291 * alpha0 ^ 2 / 2500.
