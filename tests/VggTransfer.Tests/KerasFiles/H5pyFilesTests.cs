using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Weights.Formats.Keras;

namespace VggTransfer.Tests.KerasFiles;

/// <summary>Oracle: h5py, which writes the same weights in every way that the format and the ages of Keras allow.</summary>
public sealed class H5pyFilesTests
{
    [Theory]
    [InlineData("keras1")]
    [InlineData("keras2")]
    [InlineData("attributes_in_chunks")]
    [InlineData("root_in_model_weights")]
    [InlineData("newest_format")]
    [InlineData("hdf5_2_default_format")]
    [InlineData("keras3")]
    [InlineData("keras3_newest_format")]
    [InlineData("keras3_of_2_12")]
    [InlineData("gzip")]
    [InlineData("chunks")]
    [InlineData("one_filtered_chunk")]
    [InlineData("float64")]
    [InlineData("user_block")]
    [InlineData("nested_frozen_first")]
    [InlineData("listed_activations")]
    [InlineData("track_order")]
    public void Weights_come_back_from_every_layout(string name)
    {
        using var folder = new TemporaryFolder();
        H5py.Run(Script, folder.Path, name);

        using WeightsContent content = KerasH5ModelReader.Read(folder.File("m.h5"));

        Assert.Equal(64, content.Model.Architecture.InputSize);
        foreach ((string tensorName, ModelTensor tensor) in content.Model.Tensors)
        {
            Assert.True(File.ReadAllBytes(folder.File(tensorName)).AsSpan().SequenceEqual(tensor.Data.Span), tensorName);
        }
    }

    [Theory]
    [InlineData("soft_link", "is a link to another place")]
    [InlineData("external_link", "is a link to another file, and those are never followed")]
    [InlineData("external_group", "is a link to another file, and those are never followed")]
    [InlineData("external_storage", "keeps its data in another file, and those are never opened")]
    [InlineData("virtual", "is put together from other files, and those are never opened")]
    [InlineData("hard_link_loop", "which is missing")]
    [InlineData("unwritten_chunks", "should be stored in 4 chunks, and 0 are there")]
    [InlineData("unwritten", "was never filled")]
    [InlineData("lzf", "compressed with HDF5 filter 32000")]
    [InlineData("big_endian", "holds big-endian float32")]
    [InlineData("integers", "holds int32")]
    [InlineData("theano", "Theano's order")]
    [InlineData("nan", "holds NaN or infinity")]
    [InlineData("missing_bias", "has no bias, and the others have")]
    [InlineData("swapped_convolutions", "a VGG's blocks are of one width")]
    [InlineData("norm_behind_activation", "comes behind an activation")]
    [InlineData("five_dimensions", "a VGG has no such layer there")]
    public void File_that_would_mislead_is_refused(string name, string reason)
    {
        using var folder = new TemporaryFolder();
        H5py.Run(Script, folder.Path, name);

        var exception = Assert.Throws<InvalidModelFileException>(() => KerasH5ModelReader.Read(folder.File("m.h5")));

        Assert.Contains(reason, exception.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_convolutions_are_read_where_a_global_pool_comes_before_the_dense_layers()
    {
        using var folder = new TemporaryFolder();
        H5py.Run(Script, folder.Path, "global_pool");

        using WeightsContent content = KerasH5ModelReader.Read(folder.File("m.h5"));

        Assert.False(content.Model.Architecture.IncludeTop);
        Assert.Contains("Only the convolutions were read; the head behind them (global_average_pooling2d, dense (9), dense_1 (7)) was left out, because the global pool 'global_average_pooling2d' comes before its dense layers.", content.Notes);
    }

    [Fact]
    public void Without_listed_pools_the_caller_decides_about_the_fifth()
    {
        using var folder = new TemporaryFolder();
        H5py.Run(Script, folder.Path, "nested_frozen_first");

        using WeightsContent asInPaper = KerasH5ModelReader.Read(folder.File("m.h5"));
        using WeightsContent without = KerasH5ModelReader.Read(folder.File("m.h5"), new WeightsReadOptions { FifthPool = false });
        using WeightsContent larger = KerasH5ModelReader.Read(folder.File("m.h5"), new WeightsReadOptions { InputSize = 80 });

        Assert.Equal((true, 64), (asInPaper.Model.Architecture.FifthPool, asInPaper.Model.Architecture.InputSize));
        Assert.Equal((false, 32), (without.Model.Architecture.FifthPool, without.Model.Architecture.InputSize));
        Assert.Equal(80, larger.Model.Architecture.InputSize);
        Assert.Contains(asInPaper.Notes, note => note.StartsWith("The file doesn't say whether a fifth pool follows", StringComparison.Ordinal));
        Assert.DoesNotContain(without.Notes, note => note.StartsWith("The file doesn't say whether a fifth pool follows", StringComparison.Ordinal));
    }

    [Fact]
    public void Compression_of_a_thousand_to_one_is_refused_before_anything_is_allocated()
    {
        using var folder = new TemporaryFolder();
        H5py.Run(
            """
            import h5py, sys, zlib
            d = h5py.File(sys.argv[1], 'w').create_dataset('d', shape=(3, 3, 1000, 1000), dtype='f4', chunks=(3, 3, 1000, 1000), compression='gzip')
            d.id.write_direct_chunk((0, 0, 0, 0), zlib.compress(bytes(36000000)))
            """,
            folder.File("m.h5"));
        using Hdf5File file = Hdf5File.Open(folder.File("m.h5"));
        var dataset = Assert.IsType<Hdf5Dataset>(file.Root.Find("d"));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("and its chunks hold", Assert.Throws<InvalidModelFileException>(() => dataset.Read()).Reason, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Groups_of_thousands_of_links_are_read_in_the_newest_format()
    {
        using var folder = new TemporaryFolder();
        H5py.Run(
            """
            import h5py, sys
            f = h5py.File(sys.argv[1], 'w', libver='latest')
            for i in range(5000): f.create_group('a_rather_long_name_of_a_group_%d' % i)
            for i in range(300): f.attrs['attribute_%d' % i] = 'value %d' % i
            """,
            folder.File("m.h5"));

        using Hdf5File file = Hdf5File.Open(folder.File("m.h5"));

        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => $"a_rather_long_name_of_a_group_{i}"), file.Root.Names.Order(KerasNames.Order));
        Assert.IsType<Hdf5Group>(file.Root.Find("a_rather_long_name_of_a_group_4321"));
        Assert.Equal(["value 299"], file.Root.Strings("attribute_299"));
        Assert.Equal(300, file.Root.Attributes.Count);
    }

    private const string Script = """
        import h5py, numpy as np, sys, os
        folder, kind = sys.argv[1:]
        r = np.random.RandomState(7)
        # VGG16 at 1/32 of the width, 64 pixels: 5 pools, a map of 2x2.
        blocks = [(2, 2), (4, 2), (8, 3), (16, 3), (16, 3)]
        layers, channels, index = [], 3, 0
        def save(name, a): a.astype('<f4').tofile(os.path.join(folder, name))
        def rnd(*s): return r.randn(*s).astype('f4')
        for b, (w, n) in enumerate(blocks, 1):
            for c in range(1, n + 1):
                k, v = rnd(3, 3, channels, w), rnd(w)
                save('features.%d.weight' % index, k.transpose(3, 2, 0, 1)); save('features.%d.bias' % index, v)
                layers.append(('block%d_conv%d' % (b, c), {'kernel': k, 'bias': v})); channels = w; index += 2
            layers.append(('block%d_pool' % b, {})); index += 1
        layers.append(('flatten', {}))
        for i, (name, a, o) in enumerate([('fc1', 64, 9), ('fc2', 9, 9), ('predictions', 9, 7)]):
            k, v = rnd(a, o), rnd(o)
            t = k.reshape(2, 2, 16, o).transpose(3, 2, 0, 1) if i == 0 else k.T
            save('classifier.%d.weight' % (3 * i), t); save('classifier.%d.bias' % (3 * i), v)
            layers.append((name, {'kernel': k, 'bias': v}))
        libver = {'newest_format': 'latest', 'keras3_newest_format': 'latest', 'hdf5_2_default_format': ('v108', 'v110')}.get(kind)
        f = h5py.File(os.path.join(folder, 'm.h5'), 'w', libver=libver, userblock_size=1024 if kind == 'user_block' else 0, track_order=kind == 'track_order')
        def dataset(g, path, a):
            first = path.endswith('block2_conv1/kernel:0')
            if kind == 'gzip': g.create_dataset(path, data=a, chunks=tuple(max(1, (s + 1) // 2) for s in a.shape), compression='gzip', shuffle=True, fletcher32=True)
            elif kind == 'chunks': g.create_dataset(path, data=a, chunks=tuple(min(s, 3) for s in a.shape))
            elif kind == 'one_filtered_chunk': g.create_dataset(path, data=a, chunks=a.shape, compression='gzip')
            elif kind == 'float64': g.create_dataset(path, data=a.astype('f8'))
            elif not first: g.create_dataset(path, data=a)
            elif kind == 'soft_link': g[path] = h5py.SoftLink(path)
            elif kind == 'external_link': g[path] = h5py.ExternalLink('/etc/hostname', '/x')
            elif kind == 'external_storage': g.create_dataset(path, shape=a.shape, dtype='f4', external=[('/etc/hostname', 0, h5py.h5f.UNLIMITED)])
            elif kind == 'virtual':
                layout = h5py.VirtualLayout(shape=a.shape, dtype='f4'); layout[...] = h5py.VirtualSource('/etc/hostname', 'x', shape=a.shape)
                g.create_virtual_dataset(path, layout)
            elif kind == 'hard_link_loop': g.require_group(path.split('/')[0])[path.split('/')[1] + 'x'] = f['/']
            elif kind == 'unwritten_chunks': g.create_dataset(path, shape=a.shape, dtype='f4', chunks=(3, 3, 1, 2))
            elif kind == 'unwritten': g.create_dataset(path, shape=a.shape, dtype='f4')
            elif kind == 'lzf': g.create_dataset(path, data=a, compression='lzf')
            elif kind == 'big_endian': g.create_dataset(path, data=a.astype('>f4'))
            elif kind == 'integers': g.create_dataset(path, data=a.astype('i4'))
            elif kind == 'nan': g.create_dataset(path, data=np.where(a == a.max(), np.nan, a).astype('f4'))
            elif kind == 'five_dimensions': g.create_dataset(path, data=a[None])
            else: g.create_dataset(path, data=a)
        def weights(g, name, w, old=False):
            names = []
            for role, a in w.items():
                n = '%s_%s_1:0' % (name, {'kernel': 'W', 'bias': 'b'}[role]) if old else '%s/%s:0' % (name, role)
                names.append(n.encode()); dataset(g, n, a)
            return names
        def names(g, attribute, values):
            if kind == 'attributes_in_chunks' and len(values) > 1:
                for i, part in enumerate(np.array_split(values, 2)): g.attrs['%s%d' % (attribute, i)] = part
            else: g.attrs[attribute] = values
        if kind == 'theano':
            layers = [(n, {k: (a.transpose(3, 2, 0, 1) if a.ndim == 4 else a) for k, a in w.items()}) for n, w in layers]
        if kind == 'missing_bias': del dict(layers)['block4_conv2']['bias']
        if kind == 'swapped_convolutions': layers[0], layers[3] = layers[3], layers[0]
        if kind == 'norm_behind_activation':
            both = []
            for n, w in layers:
                both.append((n, w))
                if '_conv' in n: both += [(n.replace('conv', 'activation').replace('block', 'activation_'), {})] and [('activation_%d' % len(both), {}), (n + '_bn', {k: np.ones(w['bias'].shape, 'f4') for k in ('gamma', 'beta', 'moving_mean', 'moving_variance')})]
            layers = both
        if kind == 'listed_activations':
            layers = [part for i, (n, w) in enumerate(layers) for part in ([(n, w), ('activation_%d' % i, {})] if w else [(n, w)])]
        if kind == 'global_pool':
            head = [('global_average_pooling2d', {}), ('dense', {'kernel': rnd(16, 9), 'bias': rnd(9)}), ('dense_1', {'kernel': rnd(9, 7), 'bias': rnd(7)})]
            layers = layers[:-4] + head
        if kind.startswith('keras3'):
            inside = f.create_group('_layer_checkpoint_dependencies' if kind == 'keras3_of_2_12' else 'layers')
            counters = {}
            for n, w in layers:
                c = 'conv2d' if '_conv' in n else 'max_pooling2d' if 'pool' in n else 'flatten' if n == 'flatten' else 'dense'
                i = counters.get(c, 0); counters[c] = i + 1
                v = inside.create_group(c if i == 0 else '%s_%d' % (c, i)).create_group('vars')
                for j, a in enumerate(w.values()): v.create_dataset(str(j), data=a)
        else:
            g = f.create_group('model_weights') if kind == 'root_in_model_weights' else f
            if kind == 'nested_frozen_first':
                base = [(n, w) for n, w in layers if '_conv' in n]
                b = g.create_group('vgg16'); all = []
                for n, w in base[10:] + base[:10]: all += weights(b, n, w)
                b.attrs['weight_names'] = all
                layers = [('vgg16', None)] + [(n, w) for n, w in layers if 'fc' in n or n in ('flatten', 'predictions')]
            names(g, 'layer_names', [n.encode() for n, _ in layers])
            g.attrs['backend'] = b'tensorflow'; g.attrs['keras_version'] = b'2.2.4'
            for n, w in layers:
                if w is None: continue
                if kind == 'external_group' and n == 'block3_conv1': g[n] = h5py.ExternalLink('/etc/hostname', '/x'); continue
                lg = g.create_group(n)
                names(lg, 'weight_names', weights(lg, n, w, kind == 'keras1'))
        f.close()
        """;
}
