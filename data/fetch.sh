#!/usr/bin/env bash
# Gets the public data of the experiments in jobs/: MNIST and Fashion-MNIST
# test sets, QVIP's networks, and networks that are deployed. Every file is
# checked by size and SHA-256.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: data/fetch.sh [--to FOLDER] [--mirror URL] [--check] [SET...]

Get public data. SET is mnist, fashion-mnist, qvip or deployed; none means all
four.

  --to FOLDER    where it goes (default: $RAMPART_DATA, else data/public)
  --mirror URL   ask here first: a copy of such a folder (http, https, file)
  --check        download nothing, only check what is there
  --help         this text

What is there already and right is not downloaded again; a download that was
cut off goes on where it stopped. Exit status: 0 all there and right,
1 something is missing or wrong, 2 wrong usage or no curl and no wget.

Sources: MNIST (LeCun, Cortes, Burges), Fashion-MNIST (Zalando Research, MIT
licence), QVIP's networks (github.com/QVIP22/Data, of arXiv 2212.11138), deployed
networks (data/README.md says whose).
Rampart needs none of them: they are for the jobs that repeat published
experiments.
TEXT
}

mnist=(https://ossci-datasets.s3.amazonaws.com/mnist
  https://storage.googleapis.com/cvdf-datasets/mnist)
fashion=(https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion
  http://fashion-mnist.s3-website.eu-central-1.amazonaws.com)
github=https://raw.githubusercontent.com
# The networks of Q = 6 and one hidden layer are those of the AAAI 2021 paper.
aaai=$github/mlech26l/qnn_robustness_benchmarks/HEAD/weights

tinymaix=$github/sipeed/TinyMaix
tinyengine=$github/mit-han-lab/tinyengine
zoo=$github/fastmachinelearning/qonnx_model_zoo
tiny=$github/mlcommons/tiny

# folder, file, bytes, SHA-256
files=$(cat <<'TABLE'
mnist t10k-images-idx3-ubyte.gz 1648877 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6
mnist t10k-labels-idx1-ubyte.gz 4542 f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6
fashion-mnist t10k-images-idx3-ubyte.gz 4422102 346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073
fashion-mnist t10k-labels-idx1-ubyte.gz 5148 67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5
qvip/networks fashion-mnist_1blk_64_in_8_qu_6.h5 224760 43c84ed25bc0d183516d9ae762f7e8e53253acd45b616d88cdf48c08b0536922
qvip/networks mnist_1blk_64_in_4_qu_4.h5 219168 6d858385b0cbed65029b6f03458631c9727c8d5973ea708c7a7cae922e1a794f
qvip/networks mnist_1blk_64_in_6_qu_4.h5 219168 3582fc0bf27e0a3f0046be4c6ae1c9a58af7c64ef1cde8359e9b689c9633fb2c
qvip/networks mnist_1blk_64_in_8_qu_10.h5 219168 2eed3a47fa75449b20fc28af1cd8ba0da03102753e6b6cfe5cdbeccddb2e1079
qvip/networks mnist_1blk_64_in_8_qu_4.h5 219168 c626d992d81c0d3ecc97fc113614df6323327af279241c8c7c45dba38e92e390
qvip/networks mnist_1blk_64_in_8_qu_6.h5 225912 c1c98de76e99773088a1f8cf9e4b3d83224562fffd07968c71909700cbe88170
qvip/networks mnist_1blk_64_in_8_qu_8.h5 219168 5e138a74d020a6ae4c0d764cba1b8df288ddc8668da50238eabafd5d267dac93
qvip/networks mnist_2blk_64_32_in_8_qu_10.h5 227552 22bf11f07d331b4f24ddc5728b0fa370e653db31d66c599d3d78ba25405892c8
qvip/networks mnist_2blk_64_32_in_8_qu_4.h5 227552 29ecdd76113c75895c1096c113e2d3ba75bd162137f3f5557baf90653ec38668
qvip/networks mnist_2blk_64_32_in_8_qu_6.h5 227552 fd023b44b4925826eedc163090724d571eda81a670dcd6c1e2cc28a04a9f97c8
qvip/networks mnist_2blk_64_32_in_8_qu_8.h5 227552 9fb4f44438fd5e21a0982db133dc6181e7182c8ab6583b31bac9d9d4b5747473
deployed tinymaix_mnist_valid_q.tflite 6264 b97b09a8cf464d0a1bd2873b8a89a11b9185a57750ed59e56285a7c54b4b3e17
deployed tinymaix_mnist_resnet_q.tflite 30032 b8619232d751294f636f9fdb44e9168a02231648adc1dc699a797a25ade16702
deployed tinyengine_lenet-300-100.tflite 269888 5cc4330a9e6023f87e5f927ea664e4f3bb109ca4d4d90c406abca403fe7034f0
deployed TFC_1W1A.onnx 242573 e875070d9b8af1ff55923ab03c7ed9dd8787d387cb3274872fe5fc6a2905b2db
deployed TFC_1W2A.onnx 243001 0b43a8455310040c843a5b5a36405b87653c2b958cd529c9db659e051d72653f
deployed TFC_2W2A.onnx 243429 db8de1cba8f808b23a4993ceb770910d99cc217186c663a36771b55cfcf69a8c
deployed kws_ref_model.tflite 53936 aeea436800704fce17b17292e4412630ad856e9d777c044c64ef748a880bd0ae
TABLE
)

# The jobs use the first 500 Fashion-MNIST samples; these are the digests of
# the unpacked cuts.
first500_images=c9bd0ed7148856eb2287d902861921296d6c36d95a5113341a35554343e84123
first500_labels=9f5f7b9143df7bffff73a8bf7d8a53545dbf787f86e5e195c64401d2c6f8f372

say() { printf '%s\n' "$*"; }
fail() {
  printf 'fetch.sh: %s\n' "$*" >&2
  exit 2
}

# Where FOLDER/FILE may be had, best first, one URL a line.
sources() {
  local folder=$1 file=$2
  [ -z "$mirror" ] || say "${mirror%/}/$folder/$file"
  case $folder in
  mnist) printf "%s/$file\n" "${mnist[@]}" ;;
  fashion-mnist) printf "%s/$file\n" "${fashion[@]}" ;;
  qvip/networks)
    say "$github/QVIP22/Data/HEAD/QNNs/$file"
    case $file in
    mnist_1blk_64_in_8_qu_6.h5) say "$aaai/mnist_mlp.h5" ;;
    fashion-*) say "$aaai/fashion-mnist_mlp.h5" ;;
    *) say "$github/S3L-official/QVIP/HEAD/QNN_benchmark/mnist/qu_$file" ;;
    esac
    ;;
  deployed) deployed_sources "$file" ;;
  esac
}

# The commits are those in which the files were found; then today's.
deployed_sources() {
  case $1 in
  tinymaix_mnist_valid_q.tflite)
    printf "$tinymaix/%s/tools/tflite/mnist_valid_q.tflite\n" \
      e73a4d044a3e8181ad7e413e8e358b70ba3165d7 HEAD
    ;;
  tinymaix_mnist_resnet_q.tflite)
    printf "$tinymaix/%s/tools/tflite/mnist_resnet_q.tflite\n" \
      6b0380c8f4e9088bf6a26569e5e242bfd5ded849 HEAD
    ;;
  tinyengine_lenet-300-100.tflite)
    printf "$tinyengine/%s/mnist_demo/assets/ptq_mnist_lenet-300-100.tflite\n" \
      7a6c8351b5e6c0e39afe26530f68d12e32377820/experimental/reference \
      HEAD/experimental/reference
    ;;
  TFC_*.onnx)
    printf "$zoo/%s/models/MNIST/Brevitas_FINN_TFC/TFC/$1\n" \
      81b1bb1e1451851ed840a4506936e619cd36679f HEAD
    ;;
  kws_ref_model.tflite)
    say "$tiny/bceb91c5ad2e2deb295547d81505721d3a87d578/benchmark/training/keyword_spotting/trained_models/$1"
    ;;
  esac
}

digest() { sha256sum <"$1" | cut -d' ' -f1; }

# Bytes of a file; 0 if it is not there.
bytes() { stat -c %s "$1" 2>/dev/null || echo 0; }

is_right() { # FILE BYTES SHA256
  [ "$(bytes "$1")" = "$2" ] && [ "$(digest "$1")" = "$3" ]
}

download() { # URL FILE: goes on from what FILE already holds
  local rc=0
  case $loader in
  curl)
    curl --fail --location --silent --show-error --retry 2 \
      --connect-timeout 20 --continue-at - --output "$2" "$1" || rc=$?
    if [ $rc = 33 ]; then # the server cannot go on: from the start, then
      rm -f "$2"
      download "$1" "$2"
      return
    fi
    return $rc
    ;;
  wget) wget --quiet --tries=3 --timeout=20 --continue --output-document="$2" \
    "$1" ;;
  esac
}

# Without a network one message a host is enough.
declare -A unreachable=()
download_if_reachable() { # URL FILE NAME
  local host=${1#*://} rc=0
  host=host:${host%%/*}
  if [ -n "${unreachable[$host]:-}" ]; then
    say "not asked $3 from $1: its host was not reached"
    return 1
  fi
  say "get       $3 from $1"
  download "$1" "$2" || rc=$?
  case $loader$rc in
  curl6 | curl7 | wget4) unreachable[$host]=yes ;;
  esac
  return $rc
}

get() { # FOLDER FILE BYTES SHA256
  local target=$to/$1/$2 url
  local part=$target.part
  if is_right "$target" "$3" "$4"; then
    say "ok        $1/$2"
    return 0
  fi
  if $check; then
    if [ -e "$target" ]; then say "wrong     $1/$2"; else say "missing   $1/$2"; fi
    return 1
  fi
  mkdir -p "$to/$1"
  while read -r url; do
    # A part as long as the file, or longer, can only be a wrong one.
    [ "$(bytes "$part")" -lt "$3" ] || rm -f "$part"
    download_if_reachable "$url" "$part" "$1/$2" || continue
    if is_right "$part" "$3" "$4"; then
      mv "$part" "$target"
      return 0
    fi
    say "wrong     $1/$2: $(bytes "$part") bytes, sha256 $(digest "$part");" \
      "expected $3 bytes, sha256 $4"
    rm -f "$part"
  done < <(sources "$1" "$2")
  say "missing   $1/$2: no source gave it"
  return 1
}

# The first 500 of an idx file: another count in the header, fewer bytes.
# IN OUT HEADER KEPT-HEADER-BYTES BYTES SHA256-UNPACKED
cut_first500() {
  local in=$1 out=$2 magic=$3 header=$4 length=$5 sha=$6 work
  if [ -e "$out" ] && gzip -t "$out" 2>/dev/null &&
    [ "$(gzip -dc "$out" | sha256sum | cut -d' ' -f1)" = "$sha" ]; then
    say "ok        fashion-mnist/${out##*/}"
    return 0
  fi
  if $check || [ ! -e "$in" ]; then
    say "missing   fashion-mnist/${out##*/}"
    return 1
  fi
  work=$(mktemp "$out.XXXXXX")
  gzip -dc "$in" >"$work.all"
  {
    printf '%b' "$magic\\x00\\x00\\x01\\xf4" # 500
    head -c "$header" "$work.all" | tail -c +9
    tail -c +$((header + 1)) "$work.all" | head -c "$length" || true
  } >"$work"
  rm -f "$work.all"
  if [ "$(digest "$work")" != "$sha" ]; then
    rm -f "$work"
    say "wrong     fashion-mnist/${out##*/}: cut from ${in##*/}"
    return 1
  fi
  gzip -9n <"$work" >"$out"
  rm -f "$work"
  say "cut       fashion-mnist/${out##*/} from ${in##*/}"
}

get_first500() {
  local f=$to/fashion-mnist/t10k
  cut_first500 "$f-images-idx3-ubyte.gz" "$f-first500-images-idx3-ubyte.gz" \
    '\x00\x00\x08\x03' 16 $((500 * 784)) $first500_images &&
    cut_first500 "$f-labels-idx1-ubyte.gz" "$f-first500-labels-idx1-ubyte.gz" \
      '\x00\x00\x08\x01' 8 500 $first500_labels
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
to=${RAMPART_DATA:-$here/public} mirror='' check=false
wanted=()
while [ $# -gt 0 ]; do
  case $1 in
  --help | -h) usage && exit 0 ;;
  --to) to=${2:?fetch.sh: --to needs a folder} && shift ;;
  --mirror) mirror=${2:?fetch.sh: --mirror needs an URL} && shift ;;
  --check) check=true ;;
  mnist | fashion-mnist | qvip | deployed) wanted+=("$1") ;;
  *) fail "unknown argument '$1'; see data/fetch.sh --help" ;;
  esac
  shift
done
[ ${#wanted[@]} -gt 0 ] || wanted=(mnist fashion-mnist qvip deployed)

loader=none
for tool in wget curl; do
  ! command -v $tool >/dev/null || loader=$tool
done
$check || [ $loader != none ] || fail 'neither curl nor wget is installed'

wrong=0
for set in "${wanted[@]}"; do
  while read -r folder file size sha; do
    [ "${folder%%/*}" = "$set" ] || continue
    get "$folder" "$file" "$size" "$sha" || wrong=$((wrong + 1))
  done <<<"$files"
  [ "$set" != fashion-mnist ] || get_first500 || wrong=$((wrong + 1))
done

if [ $wrong -gt 0 ]; then
  say "$wrong not there. Run again to go on; to use another source: --mirror."
  exit 1
fi
say "All there: $to"
