// pliant/data/table_sets.h — the tables of logic gate networks: Adult, breast cancer, MONK (no
// torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "pliant/data/image_set.h"
#include "pliant/data/table.h"

namespace pliant::data {

struct TableSetOptions {
  /// Of what is drawn: breast_cancer's test rows, and the validation rows of every set.
  std::uint32_t seed = 0;
  /// The share of the training rows that are held out as validation, in [0, 1); rounded up to whole
  /// rows. 0: all train, as in the published experiments, and there is no validation split.
  double validation = 0;
  /// adult only: the 6 columns of the hours are 0 in every row, as in the code that was published
  /// with Deep Differentiable Logic Gate Networks (NeurIPS 2022), which compares where it should
  /// assign.
  bool published_hours = false;
};

/// What load_table_set knows: "adult", "breast_cancer", "monk1", "monk2", "monk3".
std::vector<std::string_view> table_set_names();

/// One split of a set from $PLIANT_DATA/uci, encoded as the published experiments with logic gate
/// networks did it (Petersen et al., NeurIPS 2022); columns and their order are theirs.
///
/// adult (Becker, Kohavi 1996; does somebody earn more than 50,000 dollars?): 116 columns, of 8
/// categories and of the bins of age, capital gain, capital loss and hours a week; fnlwgt and
/// education-num are unused. Of adult.data and adult.test, 30,162 and 15,060 rows are complete.
///
/// breast_cancer (Zwitter, Soklic 1988, Ljubljana; does the cancer recur?): 51 columns, 277
/// complete rows of breast-cancer.data. A quarter, 70 rows, drawn at random, is the test.
///
/// monk1, monk2, monk3 (Thrun et al., The MONK's Problems, 1991; three rules about robots, the
/// third with noise): 17 columns; 124, 169 and 122 rows of monks-N.train, and all 432 robots in
/// monks-N.test.
///
/// What is drawn is scikit-learn's train_test_split(random_state = seed), row by row; train and
/// validation rows are in the order of that draw.
/// @throws std::invalid_argument for an unknown name (the text lists the names), for a set that is
///         not there (the text says what to put where), for options out of range, for the split
///         "validation" where there is none, and as read_table
BitTable load_table_set(std::string_view name, Split split, const TableSetOptions& options = {});

/// The same from `folder`; each file plain or with .gz.
BitTable read_table_set(std::string_view name, const std::filesystem::path& folder, Split split,
                        const TableSetOptions& options = {});

}  // namespace pliant::data
