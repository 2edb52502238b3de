using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Preprocessing;

/// <summary>
/// Against images that OpenCV 4.6 and Pillow 9.4 resized:
/// <code>
/// y, x, c = np.mgrid[0:8, 0:12, 0:3]
/// src = ((x * 37 + y * 101 + c * 67 + x * y * 13) % 256).astype(np.uint8)
/// out = cv2.resize(src, (width, height), interpolation=mode)        # INTER_LINEAR, INTER_AREA, INTER_NEAREST
/// out = np.array(Image.fromarray(src).resize((width, height), mode)) # BILINEAR, BICUBIC
/// base64.b64encode(out.tobytes())
/// </code>
/// </summary>
public sealed class ImageResizerTests
{
    private static readonly RgbImage Source = Picture(12, 8);

    public static TheoryData<Interpolation, int, int, string> Resized { get; } = new()
    {
        { Interpolation.OpenCvBilinear, 6, 4, "SIuOn2Kldrl8jVBTZGeqe76BX2Jlam1wdXh7gIOGi05RVpmctnl8dXh7tHd6c3Z5crV4cXS3jVCTgIOGc3Z5ZmlsmVyfjE+S" },
        { Interpolation.OpenCvBilinear, 4, 4, "XqFkYaRnYyZpZqnsQoVIk1aZY6ZpNHe6pmmsxYhLYyZpgkWIik2Qdzp9Y6Zp0BNW" },
        { Interpolation.OpenCvBilinear, 5, 3, "drhm01aVhrN3zjx/a66lm4VHYZdnp6ptbbCAM3a5o0SHmtlcXotk4j5srj6B" },
        { Interpolation.OpenCvBilinear, 17, 11, "AEOGFVebL3K1SYzPY6bpfcChl9odsfQ3y45RsSlrFkOGGl2gNHe6TpHUaKvugsWXl9odPH/CVJiGdI9jlESCs1+imX6ZW554e72YmqlspHVAeipfkDx/f1ueOHu+V5rdd7qMkNMWhXe5dpV2eI1Qnjh2xFllqGBxW1SXSHq9XaCMhKNKqk430DJWozl8HF+iQ4bIaax+h8oNwxFUXjVxH1+ZTIPGcbBOmn8ssRVXMkJ8LGmnV5Ghe70ip1MyhR9aDESHMXG0W551fsEQUlueWoRYdIM1qCtoVlh0SXaVeIa3grlfqopqtFqRXI6cf55Qn3s4pilsTVyfTZC5drnBYqVoj4tOqGtQiEuKaIFueYt/p3ath7CNp6ptrYpnMmqiVpmNkKptw4pQSGmKP4LFbbDzq7QxvnlksVOWZmuueqpnqJ9S12FvjHiwiK2Ng7pgOEZ3Q3CzbrGhqeo1Xnd2UXS3ZKfq9EN6pHWzfXe6vBJVXlKNV5V0nsAl3VtsqHGuc4O9shZYYkeKTI9/k88a02Jhq2apW57ij4HEoF2gnEmMb12hgap2crVtVZB5o6VNcYt3P3GQjYYqqWFioG2WeLSoxk17pFibU5bZh2GkkFCTj0eKeVKVgqOAfJd8ak2DdaJtaXdvXExwZ6Fas1hhtUuOXZjbsjl7lkqNSo3QwwZJe02QZWSnvwpNbFyfdFWYuBFUXWuvg0aJqCBjTnq+kjd6mS9yR4LFoShrij6BQ4bJ" },
        { Interpolation.OpenCvBilinear, 19, 5, "HmGkMHOUSoeEZHCdfnS3mI7Rg6h+f8JRmdxrspxftVJSXTtsTUOGZF2gTna5TZDTZ6rtgcR5k9YZwBxfdDhwHF2IQ3SvapOHkbodqFY+jyJlJEmMLXCmVJOie6o3onAowgtPRzN2F1qdPoDDZKddgMMGYqVohpBTsHNBk1d0d2Z9Wppgi4CRoIKnhLaKp6ptuo1hTHGVQ4aXeLd6rJtdln5mKGGaSIvObbDz6UaJsWmscIrNoTl8jDhyPHmjaKtYn6s54FtqoXGoY4jHpDdnijhrQGqmcatWqaJB6kFynm6xWp3gpTR3jEqMcV+ijzyAileAZ6Wegll9iEJzZZGRdV97hi1mY3yEh2V6zxhbe2eqcmuuwBhbgVKVRorM" },
        { Interpolation.OpenCvArea, 6, 4, "SIuOn2Kldrl8jVBTZGeqe76BX2Jlam1wdXh7gIOGi05RVpmctnl8dXh7tHd6c3Z5crV4cXS3jVCTgIOGc3Z5ZmlsmVyfjE+S" },
        { Interpolation.OpenCvArea, 4, 4, "XnaPi6SRjlFpZqiWbVpzaIBujntpXnaPpmmBmoh1Y3uUgpqIik2Qdo98jlFpemir" },
        { Interpolation.OpenCvArea, 5, 3, "V3CLjnuEgI1zb1B9aKuEinVogHh7kpKAcYR1YoeolVKVenV7fG99i2l8i2Sc" },
        { Interpolation.OpenCvArea, 17, 11, "AEOGFlmcK26xSo3QZqnse76slNcatvk8zI9SzCRnA0aJHF+iMXS3TZDTbK/ygcSdl9odP4LFWZyCdJxamTx/u16hoHibVJd6fcCjl6ptqYc3ex5hmTx/i1aZNXi7W57hdbiQj9MVfoHEeKBzfJ9CqSxv0VRnsF12U1aZSYfKY6aJgrVDszY51i9ctTh7HmGkSo3QaayEiMsOyg1QWTJ1E1aZSIvOd7o9nIoixglMFUOGJWirSYy6g8YJrUUzkhVYAUSHNnm8Wp12f8IFQmWoW5FReZcftxpdR1J9OnKgbI/Sk9NJu45h1EqKS46xfKpNoJMuwCNmQ2GkSYzCdLjaYqVokYpNrG9Ih0qNZIdqdI16rG+ygrqIp6ptwpBdI2apWp2Liq1wyItON2WTPYDDbbDzocQnw3ZbxUiLVnm8gr1Yr6dK605xcYTEg7aJldVLGz6BQnq9bK+ysPM2QWmCQ3S2Zanr+Tx/n3i7cIjLxQhLUlWYTZB+kdQX7kd0qm2wZpPWwwZJXEqNQ4aJj9IV5FJqtWKlW57hhYjLoVmcpz+CZGeqiLtuebxqRIeKqrJAa45xLGqdk5YZs2Bjr2KVc7a50D12plSXUpXYhGeqkk+SlUOGdFeahbF7fqF5Y0aJebRkZ3ptVUB2a65Ru1NhwUSHW57hvyxvmkeKSo7QwwZJeFGUWHG0wwZJY2apbluewwZJTnu+g0aJuBFUQ4bJmDF0oyZpQ4bJrhtejjt+Q4bJ" },
        { Interpolation.OpenCvArea, 19, 5, "JmmsN3qVUJN2c2aZhGeqo4fJf6J7cbRXl9p9rJ9iwWRHVTJtWTx/dVibTHe6RYnLaazvgcRyktYYsTR3eUx1LXBzXmykd3qNpKcqoU9SlShrHF+iOXyfV5qdjpYkp2otzxJVOz6BFFeaRonMaaxagsUIYqVohJFVtHc6jlF/e16BWZxfkH6WqHWtfsGEp6pt0ZRXMWqiPoGadrl8s5ZZq4NcG16hSo3QbbDz7E9yuWyccZTXqi1wljFsOX2ffKpNpLYs4kWIpHeqZ6rNpRtbgi9yL3K1e71Bn70q2Dt+kHa4XKDinUCDjkuOeFuejzx/ilWAbrKUgFl8hjdyZaiLcmV4gCNmXpR/hHJ11hlccnW4Zn7BzA9Sf1eaR4vN" },
        { Interpolation.Nearest, 6, 4, "AEOGSo3QlNca3iFkKGuucrX4yg1QSIvOxglMRIfKwgVIQIPGlNcaRonM+Dt+qu0wXJ/iDlGUXqHkRIfKKm2wEFOW9jl83B9i" },
        { Interpolation.Nearest, 4, 4, "AEOGb7L13iFkTZDTyg1Qh8oNRIfKAUSHlNcan+Ilqu0wtfg7XqHkt/o9EFOWaazv" },
        { Interpolation.Nearest, 5, 3, "AEOGSo3QlNcaA0aJTZDTyg1QSIvOxglMg8YJAUSH+Tx/xQhLkdQXwwZJj9IV" },
        { Interpolation.Nearest, 17, 11, "AEOGAEOGJWirSo3QSo3Qb7L1lNcalNcaufw/3iFkA0aJA0aJKGuuTZDTTZDTcrX4l9odAEOGAEOGJWirSo3QSo3Qb7L1lNcalNcaufw/3iFkA0aJA0aJKGuuTZDTTZDTcrX4l9odZajrZajrl9odyQxPyQxP+z6BLXCzLXCzX6LlkdQXwwZJwwZJ9Th7J2qtJ2qtWZzfi84Ryg1Qyg1QCUyPSIvOSIvOh8oNxglMxglMBUiLRIfKg8YJg8YJwgVIAUSHAUSHQIPGf8IFyg1Qyg1QCUyPSIvOSIvOh8oNxglMxglMBUiLRIfKg8YJg8YJwgVIAUSHAUSHQIPGf8IFL3K1L3K1e74BxwpNxwpNE1aZX6LlX6Llq+4x9zp9Q4bJQ4bJj9IV2x5h2x5hJ2qtc7b5lNcalNca7TBzRonMRonMn+Il+Dt++Dt+UZTXqu0wA0aJA0aJXJ/itfg7tfg7DlGUZ6rt+Tx/+Tx/X6LlxQhLxQhLK26xkdQXkdQX9zp9XaDjwwZJwwZJKWyvj9IVj9IV9Th7W57h+Tx/+Tx/X6LlxQhLxQhLK26xkdQXkdQX9zp9XaDjwwZJwwZJKWyvj9IVj9IV9Th7W57hXqHkXqHk0RRXRIfKRIfKt/o9Km2wKm2wneAjEFOWg8YJg8YJ9jl8aazvaazv3B9iT5LVwwZJwwZJQ4bJwwZJwwZJQ4bJwwZJwwZJQ4bJwwZJQ4bJQ4bJwwZJQ4bJQ4bJwwZJQ4bJ" },
        { Interpolation.Nearest, 19, 5, "AEOGAEOGJWirJWirSo3Qb7L1b7L1lNcaufw/ufw/3iFk3iFkA0aJKGuuKGuuTZDTcrX4crX4l9odZajrZajrl9odl9odyQxP+z6B+z6BLXCzX6LlX6LlkdQXkdQXwwZJ9Th79Th7J2qtWZzfWZzfi84RL3K1L3K1e74Be74BxwpNE1aZE1aZX6Llq+4xq+4x9zp99zp9Q4bJj9IVj9IV2x5hJ2qtJ2qtc7b5lNcalNca7TBz7TBzRonMn+Iln+Il+Dt+UZTXUZTXqu0wqu0wA0aJXJ/iXJ/itfg7DlGUDlGUZ6rtXqHkXqHk0RRX0RRXRIfKt/o9t/o9Km2wneAjneAjEFOWEFOWg8YJ9jl89jl8aazv3B9i3B9iT5LV" },
        { Interpolation.PillowBilinear, 6, 4, "VHiMinaQgpx6iGZkZGOhbbCGc21re25xen2EgYRzfGduWo+XonJ/gnl8mZB7eHuCf455eICnkVGUf3CFenl3emZylWGJiV6c" },
        { Interpolation.PillowBilinear, 4, 4, "Z3eNh45/fGFzZ5ibdG9qfXaAgHttYn2MlnGAj4t5eH9+foWUi1yRenR6gWp5k1qU" },
        { Interpolation.PillowBilinear, 5, 3, "YnSDiHqEfodye1l8Y56QiW9wfnx2iYeCeH90aYWalFmSfoB8end3i2h+jGma" },
        { Interpolation.PillowBilinear, 17, 11, "AEOGFVibL3K1SYzPY6bpfcChl9odsfQ3zI9SsSlsFkOGGl2gNHe6TpHUaKvugsWXl9odPH/CVZiGdI9jlESDs1+imX6ZW554e76YmqlspHVAeipgkDx/flueOHu+V5rdd7qMkNMWhXe6dpV2eI1Qnzh2xVllqGBxW1SXSHq9XqGMg6NKqk030DJWozl8HF+iQ4bJaax+h8oNwxJVXjVxH1+aTIPGcbFNmn8ssRZYMkJ8LWqnV5Ghe70ip1Qyhh9aDUSHMXG0W551fsEQUlueWoNYdIM1qCtoVll0SXaVeIa3grlfqopqtVuSXY6cf55QoHs4pilsTlyfTZC6drnCYqVokItOqGtQiEuKaIFueYt/qHauh7COqKturYtoM2qiVpmNkaptw4pRSWqLP4LFbbDzq7QxvnllsVOWZmqteqpnqJ9S12FvjHmwiK6Og7pfOEZ3RHCzbrGhqeo1Xnd2UXS3ZKfq9EN6pXWzfXe6vRJVX1KOV5Z0nsAl3VxsqHGuc4O9shdZYkiLTI9/k88a02Jhq2apXJ/ij4HEoF2gnEmMb16hgap3crVtVJB6o6VNcYx3QHKRjocqqmJioG2WeLSox017pFibU5bZh2KlkFCTj0aJeVKVgqSBfJd8ak2DdaJtaXhvXUxwZ6Fas1hhtUuOXZjbsjl8lkqNSo3QwwZJe06RZWSnvwpNbF2gdFWYuBFUXWyvg0aJqSBjTnu+kjd6mi9yR4LFoShriz6BQ4bJ" },
        { Interpolation.PillowBilinear, 19, 5, "KWyvPH+UV5J0cmqPjWeqp4LFgpyDdLdjjtF9qqFksGJKaztlYz2AeleaUnK1So3QZKfqf8J4ktUYk0iLb2N0SIJcb2GDhmh6j45HjWBqeE+HRXaQWoaQe4yDhIlQoGlDwjlOZUJ0N1mcQYDDZKd3gMM1bJpoiIpYp3RKkFd4d2Z9Wppgi4GLoX+ehK2JoqVzso5pUnGQSoKRd617pZdekX5mMWGaTYvIbbDovnOGrG6XlmWoj0yPfmSAZqV5e6FhlpRauntyjIiSXo+gglhdf1JtaWupgKxynaNfv0J2iW+yWp3gmkWIjU2Qf1WYikOGhWWEc7KQfWV/fk13bJuDcWh3djZrZIN2jmtv1B5hgGyvdm+yxBteg1SXSIvO" },
        { Interpolation.PillowBicubic, 6, 4, "THqOkXKUgah6jV5aXluucLyCcGtleWtrdXiJgotxgFxjUZKbq3V/fXh7pJh5cneGfZhzen+ukUuYfnGGdnp2eGRunFyMi1qc" },
        { Interpolation.PillowBicubic, 4, 4, "ZHSSjJR/fVt0ZJuac2pmd3aAhHtqX3qJmXGAko94d4KAfoyVi1aTdnl5hWJ1kVua" },
        { Interpolation.PillowBicubic, 5, 3, "W3KGinqFfotueE9/YKSQi3Bsf3l2ioyFeIBtZ4ael1WWfn97e3R2jGd9j2ec" },
        { Interpolation.PillowBicubic, 17, 11, "ADt+DE6aKG++QpPWWq3/esapneELtv8p4oxQvw9xBEWKAWGjLHq9UJPWaq3/hsmXmt0RMYbTU6mGfptQnDt6x1CunXylTKZ7fMmmqLlornYsehhjmTKEh2CiOX3BVZ3xfL+Nk9YKkH3MfKh0fJs6qSxs5E5XulloTEijN2/cTrKWf703u0Mr+R1PuC19EF+jOYbcbrB6i84A1AhMXCttB12lR4jPb8hDp4gUvgdUIjp6GGe5U5WyeswWukwkjQlZBUSHKXDGYKN0g8YGRFCzTJFUdZQZtx1dRUd3KnSpb5LJiNRIwYZZyD+gVpOveLhBrYIbtBVsRlKjRZfEe77RS7hsk5ZAwGY8iEmMXYZodY2BrHLCgMWTurxbxYdWG2S1QqiaoMBn1opPM2CGKoHTc7X/rcgZz3Vcvj+mV3W8dMVcvqo47k5qf2rLgcKViNVJJzlzMGDRbsC3rP8sT29uRGq+Z6zv/zh0oH+/b4XJxApNU0WZQaB8oM0X8Utoqm/BaZDNvwlRWTmSNpmIlNMQ6FZZsl2xU6TngZDcplqhpjmBZGesi79uccdoPZaGt7QzbJB3IG6jl5MQwF1TqGijdrez20JzrlCXSpzffGutkk2QlTqCcVidib17gqB6Yj6OcLhpZHppUzxtXrZWyVRSyTyRVpntuytymkGDQZTX0gA3clSXVHS3ygBCYF+ta1aiyANHTXPDhUGLvhBUQ3/QlS12oCNlQYTHqxpdkDd6Oo3Q" },
        { Interpolation.PillowBicubic, 19, 5, "JWu2N4KWWJZycmaMkl+xrYHKgJ1/a71Yj9iDtaljt2BBZS9hXTGCe1aeTHS5QZDaZqr2hcdvltkDoD2VcGJ0PIpVcFuGkF96k4w/klZndD+OOHCTTIead5CKi5VGtWkv0C5EXjBxIk6lP4DMaa5uhcgkY6FhhpBPr3NElk58b2GBUJxfkX2Qr3qqf7WKsK9px41iPmifK4Wib7t6vqBNo3pVHlyZQYzXc7X7xHeGtHCcmGGxjkSVfGOBaqt2dq9XmJhPyXJtiY2gS5ytiVBIiEFiY2i1eMRyobZQzzlyjGq4UaTnmkOLi02TfFaZjDmDh2SDc7aRfVx/fT92aKiDcGZ1diVoWpN5knVp3hdbd3HAaXfDzxBUhlGTPZPW" },
    };

    [Theory]
    [MemberData(nameof(Resized))]
    public void PixelsAreThoseOfTheLibrary(Interpolation interpolation, int width, int height, string expected)
    {
        RgbImage image = new Recipe { Size = (width, height), Interpolation = interpolation }.Apply(Source, Ops.ImageFormat.RGB);
        Assert.Equal((width, height, 3), (image.Width, image.Height, image.Channels));
        Assert.Equal(Convert.FromBase64String(expected), image.Pixels);
    }

    [Theory]
    [InlineData(Interpolation.OpenCvBilinear)]
    [InlineData(Interpolation.OpenCvArea)]
    [InlineData(Interpolation.Nearest)]
    [InlineData(Interpolation.PillowBilinear)]
    [InlineData(Interpolation.PillowBicubic)]
    public void AnEvenImageStaysEven(Interpolation interpolation)
    {
        var image = new RgbImage(9, 7, 3);
        Array.Fill(image.Pixels, (byte)201);
        foreach ((int width, int height) in new[] { (1, 1), (4, 7), (30, 2), (31, 29) })
        {
            RgbImage resized = new Recipe { Size = (width, height), Interpolation = interpolation }.Apply(image, Ops.ImageFormat.RGB);
            Assert.Equal(width * height * 3, resized.Pixels.Length);
            Assert.All(resized.Pixels, v => Assert.Equal(201, v));
        }
    }

    private static RgbImage Picture(int width, int height)
    {
        var image = new RgbImage(width, height, 3);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            (int x, int y, int c) = (i / 3 % width, i / 3 / width, i % 3);
            image.Pixels[i] = (byte)((x * 37) + (y * 101) + (c * 67) + (x * y * 13));
        }

        return image;
    }
}
